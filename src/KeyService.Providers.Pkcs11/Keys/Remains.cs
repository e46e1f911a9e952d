using KeyService.Providers.Pkcs11.Cryptoki;
using KeyService.Providers.Pkcs11.Tokens;

namespace KeyService.Providers.Pkcs11.Keys;

/// <summary>
/// What creations that were cut off left in a token: halves of a pair under the label, and blank objects, which have neither label
/// nor id nor any part of a key (SoftHSM stores an object first and fills it then). Another process may be creating just now, so
/// only what is still the same after a while is removed.
/// </summary>
internal sealed class Remains
{
    private readonly HashSet<string> _halves;
    private readonly HashSet<nuint> _blanks;

    private Remains(HashSet<string> halves, HashSet<nuint> blanks)
    {
        _halves = halves;
        _blanks = blanks;
    }

    public bool AreNone => _halves.Count == 0 && _blanks.Count == 0;

    public static Remains Find(TokenSession session, string label)
    {
        var pairs = KeyPairs.UnderLabel(session, label);
        if (pairs.Exists(static pair => pair.PrivateKeys.Count == 0))
            KeyPairs.ThrowIfLoggedOut(session); // or all pairs would seem to lack their private half
        return new Remains([.. pairs.Where(static pair => pair.IsRemains).Select(static pair => pair.Id)], [.. Blanks(session)]);
    }

    /// <summary>Those that a later look found again.</summary>
    public Remains StillIn(Remains later) => new([.. _halves.Intersect(later._halves)], [.. _blanks.Intersect(later._blanks)]);

    /// <summary>Destroys what was there before and is still the same.</summary>
    /// <param name="pairs">The pairs under the label as they are now.</param>
    /// <returns>How many objects were destroyed.</returns>
    public int Remove(TokenSession session, List<KeyPair> pairs)
    {
        var halves = pairs.Where(pair => pair.IsRemains && _halves.Contains(pair.Id)).Sum(pair => KeyPairs.Destroy(session, pair));
        var blanks = _blanks.Count == 0 ? 0 : Blanks(session).Where(_blanks.Contains).Count(blank => TryDestroy(session, blank));
        return halves + blanks;
    }

    private static IEnumerable<nuint> Blanks(TokenSession session) =>
        WithoutLabel(session, Ck.ObjectClass.PrivateKey).Concat(WithoutLabel(session, Ck.ObjectClass.PublicKey)).Where(key => IsBlank(session, key));

    private static List<nuint> WithoutLabel(TokenSession session, nuint objectClass)
    {
        try
        {
            return KeyObjects.Find(session, new ObjectTemplate().Add(Ck.Attribute.Class, objectClass).Add(Ck.Attribute.Label, []));
        }
        catch (CryptokiException e) when (ReturnTriage.For(e.Code) == Remedy.Refused)
        {
            return []; // a token that cannot be asked for empty values: cleaning up must not keep keys from being made
        }
    }

    private static bool IsBlank(TokenSession session, nuint key)
    {
        nuint[] parts = [Ck.Attribute.Id, Ck.Attribute.Modulus, Ck.Attribute.EcParams, Ck.Attribute.EcPoint];
        try
        {
            return Array.TrueForAll(parts, part => KeyObjects.TryRead(session, key, part) is null or []);
        }
        catch (CryptokiException e) when (e.Code == CkReturn.ObjectHandleInvalid)
        {
            return false; // gone since the search
        }
    }

    /// <summary>False where the token keeps it: a blank object is a blemish, and no reason to make no keys.</summary>
    private static bool TryDestroy(TokenSession session, nuint key) => session.Functions.DestroyObject(session.Handle, key) == CkReturn.Ok;
}
