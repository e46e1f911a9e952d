using System.Collections.Concurrent;
using System.Text;
using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Providers.Pkcs11.Cryptoki;
using KeyService.Providers.Pkcs11.Keys;

namespace KeyService.Providers.Pkcs11.Tokens;

/// <summary>
/// A token found, opened and logged in. Never repaired: after a loss the supervisor makes another one, and the object
/// handles cached here die with it.
/// </summary>
internal sealed class TokenConnection
{
    private readonly ConcurrentDictionary<KeyHandle, PrivateKey> _keys = new();
    private readonly Lock _login = new();
    private readonly UserPin _pin;
    private int _logins;

    private TokenConnection(Pkcs11Module module, nuint slot, nuint maxSessions, nuint anchor, UserPin pin)
    {
        Module = module;
        Generation = module.Generation;
        Slot = slot;
        MaxSessions = maxSessions;
        Anchor = anchor;
        _pin = pin;
    }

    public Pkcs11Module Module { get; }

    public CryptokiFunctions Functions => Module.Functions;

    public long Generation { get; }

    public nuint Slot { get; }

    /// <summary>Sessions that the token says it takes; 0 where it does not say.</summary>
    public nuint MaxSessions { get; }

    /// <summary>The session that stays open: a token logs the process out when its last session closes.</summary>
    public nuint Anchor { get; }

    /// <summary>Counts the logins, so that of many calls that find themselves logged out one logs in.</summary>
    public int Logins => Volatile.Read(ref _logins);

    /// <summary>True once the module was restarted: no call may use this connection any more.</summary>
    public bool IsStale => Generation != Module.Generation;

    /// <summary>Finds the token by label (and serial), opens the anchor session and logs in. Only within the module's gate.</summary>
    public static unsafe TokenConnection Open(Pkcs11Module module, Pkcs11Options options, UserPin pin)
    {
        var (slot, record) = FindToken(module.Functions, options);
        if ((record.Flags & Ck.Flag.UserPinLocked) != 0)
            throw Failures.PinRefused(new CryptokiException("C_GetTokenInfo", CkReturn.PinLocked));

        nuint anchor;
        CryptokiException.ThrowUnlessOk("C_OpenSession", module.Functions.OpenSession(slot, Ck.Flag.SerialSession, &anchor));
        try
        {
            pin.Login(module.Functions, anchor);
        }
        catch
        {
            module.Functions.CloseSession(anchor);
            throw;
        }

        var most = record.MaxSessionCount == Ck.Unavailable ? 0 : record.MaxSessionCount;
        return new TokenConnection(module, slot, most, anchor, pin);
    }

    /// <summary>Logs in again unless another call did so since <paramref name="loginsSeen"/> was read.</summary>
    public void Login(nuint session, int loginsSeen)
    {
        lock (_login)
        {
            if (_logins != loginsSeen)
                return;
            _pin.Login(Functions, session);
            Volatile.Write(ref _logins, _logins + 1);
        }
    }

    public unsafe bool IsLoggedIn(nuint session)
    {
        CkSessionState state;
        CryptokiException.ThrowUnlessOk("C_GetSessionInfo", Functions.GetSessionState(session, &state));
        return state.State is Ck.State.ReadOnlyUser or Ck.State.ReadWriteUser;
    }

    public bool TryGetKey(KeyHandle handle, out PrivateKey? key) => _keys.TryGetValue(handle, out key);

    public void Remember(PrivateKey key) => _keys[key.Handle] = key;

    public void Forget(KeyHandle handle) => _keys.TryRemove(handle, out _);

    private static (nuint Slot, CkTokenRecord Record) FindToken(CryptokiFunctions functions, Pkcs11Options options)
    {
        (nuint Slot, CkTokenRecord Record)? found = null;
        var slots = SlotsWithTokens(functions);
        foreach (var slot in slots)
        {
            if (!TryReadToken(functions, slot, out var record) || !Matches(record, options))
                continue;
            if (found is not null)
            {
                throw new KeyServiceException(
                    KeyServiceError.ProviderRejected, "Several tokens match TokenLabel; say which by TokenSerial.");
            }

            found = (slot, record);
        }

        return found ?? throw new TokenMissingException(slots.Length);
    }

    private static bool Matches(in CkTokenRecord record, Pkcs11Options options) =>
        (record.Flags & Ck.Flag.TokenInitialized) != 0 // slot lists hold blank extra slots
        && Text(record.Label) == options.TokenLabel
        && (options.TokenSerial is null || Text(record.SerialNumber) == options.TokenSerial);

    private static string Text(ReadOnlySpan<byte> padded) => Encoding.UTF8.GetString(padded.TrimEnd(" \0"u8));

    private static unsafe bool TryReadToken(CryptokiFunctions functions, nuint slot, out CkTokenRecord record)
    {
        fixed (CkTokenRecord* target = &record)
        {
            var answer = functions.GetTokenRecord(slot, target);
            if (answer is CkReturn.TokenNotPresent or CkReturn.TokenNotRecognized or CkReturn.DeviceRemoved or CkReturn.SlotIdInvalid)
                return false; // it went since the list was made, or another slot's token is broken: not ours to judge
            CryptokiException.ThrowUnlessOk("C_GetTokenInfo", answer);
            return true;
        }
    }

    private static unsafe nuint[] SlotsWithTokens(CryptokiFunctions functions)
    {
        for (var attempt = 0; ; attempt++)
        {
            nuint count;
            CryptokiException.ThrowUnlessOk("C_GetSlotList", functions.GetSlotList(tokenPresent: true, null, &count));
            if (count == 0)
                return [];
            var slots = new nuint[count];
            CkReturn answer;
            fixed (nuint* first = slots)
                answer = functions.GetSlotList(tokenPresent: true, first, &count);
            if (answer == CkReturn.BufferTooSmall && attempt < 3)
                continue; // a token came in between
            CryptokiException.ThrowUnlessOk("C_GetSlotList", answer);
            return slots[..(int)count];
        }
    }
}
