using System.Text;
using KeyService.Core.Providers;
using KeyService.Providers.Pkcs11.Cryptoki;
using KeyService.Providers.Pkcs11.Tokens;

namespace KeyService.Providers.Pkcs11.Keys;

/// <summary>Finds, reads and destroys the key pairs of a token. Labels and CKA_IDs need not be unique: what is ambiguous is refused.</summary>
internal static class KeyPairs
{
    /// <summary>CKA_ID in lower-case hex, the form of our handles; null where the handle is not in that form.</summary>
    public static byte[]? ParseHandle(KeyHandle handle)
    {
        var value = handle.Value;
        if (string.IsNullOrEmpty(value) || value.Length % 2 != 0 || value.Length > 128)
            return null;
        return value.All(static letter => letter is (>= '0' and <= '9') or (>= 'a' and <= 'f')) ? Convert.FromHexString(value) : null;
    }

    /// <summary>Everything under one label, grouped by CKA_ID.</summary>
    public static List<KeyPair> UnderLabel(TokenSession session, string label)
    {
        var privateKeys = KeyObjects.Find(session, new ObjectTemplate().Add(Ck.Attribute.Class, Ck.ObjectClass.PrivateKey).Add(Ck.Attribute.Label, label));
        var publicKeys = KeyObjects.Find(session, new ObjectTemplate().Add(Ck.Attribute.Class, Ck.ObjectClass.PublicKey).Add(Ck.Attribute.Label, label));
        return Group(
            privateKeys.Select(key => (label, Id(session, key), key)),
            publicKeys.Select(key => (label, Id(session, key), key)));
    }

    /// <summary>The pairs whose label begins with a prefix, whole or not.</summary>
    public static List<KeyPair> WithPrefix(TokenSession session, string prefix) =>
        Group(Labelled(session, Ck.ObjectClass.PrivateKey, prefix), Labelled(session, Ck.ObjectClass.PublicKey, prefix));

    /// <summary>The private key that a handle stands for, ready to sign on the session's connection.</summary>
    public static PrivateKey Open(TokenSession session, KeyHandle handle)
    {
        if (session.Connection.TryGetKey(handle, out var known) && known is not null)
            return known; // another call was looking for the same key
        if (ParseHandle(handle) is not { } id)
            throw Failures.KeyNotFound();

        var found = KeyObjects.Find(session, new ObjectTemplate().Add(Ck.Attribute.Class, Ck.ObjectClass.PrivateKey).Add(Ck.Attribute.Id, id));
        if (found.Count == 0)
        {
            ThrowIfLoggedOut(session);
            throw Failures.KeyNotFound();
        }

        if (found.Count > 1)
            throw Failures.Ambiguous("CKA_ID");
        var key = Describe(session, handle, id, found[0]);
        session.Connection.Remember(key);
        return key;
    }

    /// <summary>
    /// The public half as it is published. Refuses one that is not valid. An attribute that is there and empty is no answer for good: that
    /// was seen with SoftHSM where several processes wrote to one token and were killed.
    /// </summary>
    /// <returns>Null where an attribute is empty.</returns>
    public static byte[]? ReadPublicKey(TokenSession session, KeyPair pair)
    {
        var key = pair.PublicKeys[0];
        switch (KeyObjects.TryReadNumber(session, key, Ck.Attribute.KeyType))
        {
            case Ck.KeyType.Rsa:
                var (modulus, exponent) = (Need(session, key, Ck.Attribute.Modulus), Need(session, key, Ck.Attribute.PublicExponent));
                return modulus is [] || exponent is [] ? null : SubjectPublicKey.Rsa(modulus, exponent);
            case Ck.KeyType.Ec or Ck.KeyType.EcEdwards:
                var (parameters, point) = (Need(session, key, Ck.Attribute.EcParams), Need(session, key, Ck.Attribute.EcPoint));
                if (parameters is [] || point is [])
                    return null;
                var curve = Curves.NameOf(parameters);
                return curve == "Ed25519" ? SubjectPublicKey.Ed25519(point) : SubjectPublicKey.Ec(curve, point);
            default:
                throw Failures.Malformed("it is of a type that we do not use");
        }
    }

    /// <summary>Destroys all key objects with a CKA_ID, the private one first: it is the one that matters.</summary>
    public static int Destroy(TokenSession session, KeyHandle handle)
    {
        if (ParseHandle(handle) is not { } id)
            return 0;
        var privateKeys = KeyObjects.Find(session, new ObjectTemplate().Add(Ck.Attribute.Class, Ck.ObjectClass.PrivateKey).Add(Ck.Attribute.Id, id));
        if (privateKeys.Count == 0)
            ThrowIfLoggedOut(session);
        if (privateKeys.Count > 1)
            throw Failures.Ambiguous("CKA_ID");
        var publicKeys = KeyObjects.Find(session, new ObjectTemplate().Add(Ck.Attribute.Class, Ck.ObjectClass.PublicKey).Add(Ck.Attribute.Id, id));
        session.Connection.Forget(handle);
        return DestroyObjects(session, privateKeys) + DestroyObjects(session, publicKeys);
    }

    public static int Destroy(TokenSession session, KeyPair pair)
    {
        session.Connection.Forget(pair.Handle);
        return DestroyObjects(session, pair.PrivateKeys) + DestroyObjects(session, pair.PublicKeys);
    }

    /// <summary>Private objects are invisible to a session that is not logged in: what was not found may be there.</summary>
    public static void ThrowIfLoggedOut(TokenSession session)
    {
        if (!session.Connection.IsLoggedIn(session.Handle))
            throw new CryptokiException("C_FindObjects", CkReturn.UserNotLoggedIn);
    }

    private static int DestroyObjects(TokenSession session, IReadOnlyList<nuint> objects)
    {
        var destroyed = 0;
        foreach (var key in objects)
        {
            var answer = session.Functions.DestroyObject(session.Handle, key);
            if (answer == CkReturn.ObjectHandleInvalid)
                continue; // another process was first
            CryptokiException.ThrowUnlessOk("C_DestroyObject", answer);
            destroyed++;
        }

        return destroyed;
    }

    private static PrivateKey Describe(TokenSession session, KeyHandle handle, byte[] id, nuint key)
    {
        var type = KeyObjects.TryReadNumber(session, key, Ck.Attribute.KeyType) ?? nuint.MaxValue;
        var isRsa = type == Ck.KeyType.Rsa;
        var attribute = isRsa ? Ck.Attribute.Modulus : Ck.Attribute.EcParams;

        // Where the private object does not tell, the public one does.
        var value = KeyObjects.TryRead(session, key, attribute) is { Length: > 0 } own ? own : ReadPublicHalf(session, id, attribute);
        if (value is null)
            throw Failures.Malformed("neither half tells its length or curve");
        return new PrivateKey(
            session.Connection, handle, key, type,
            isRsa ? value.AsSpan().TrimStart((byte)0).Length : 0,
            isRsa ? "" : Curves.NameOf(value));
    }

    private static byte[]? ReadPublicHalf(TokenSession session, byte[] id, nuint attribute)
    {
        var found = KeyObjects.Find(session, new ObjectTemplate().Add(Ck.Attribute.Class, Ck.ObjectClass.PublicKey).Add(Ck.Attribute.Id, id));
        return found.Count == 1 ? KeyObjects.TryRead(session, found[0], attribute) : null;
    }

    private static IEnumerable<(string Label, string Id, nuint Key)> Labelled(TokenSession session, nuint objectClass, string prefix)
    {
        foreach (var key in KeyObjects.Find(session, new ObjectTemplate().Add(Ck.Attribute.Class, objectClass)))
        {
            // Templates match whole values only. A key that was destroyed since the search has no label.
            if (TryReadLabel(session, key) is { } label && label.StartsWith(prefix, StringComparison.Ordinal))
                yield return (label, Id(session, key), key);
        }
    }

    private static string? TryReadLabel(TokenSession session, nuint key)
    {
        try
        {
            return KeyObjects.TryRead(session, key, Ck.Attribute.Label) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;
        }
        catch (CryptokiException exception) when (exception.Code == CkReturn.ObjectHandleInvalid)
        {
            return null;
        }
    }

    private static string Id(TokenSession session, nuint key) =>
        KeyObjects.TryRead(session, key, Ck.Attribute.Id) is { } id ? Convert.ToHexStringLower(id) : "";

    private static List<KeyPair> Group(
        IEnumerable<(string Label, string Id, nuint Key)> privateKeys, IEnumerable<(string Label, string Id, nuint Key)> publicKeys)
    {
        var byName = new SortedDictionary<(string Label, string Id), (List<nuint> Private, List<nuint> Public)>(NameOrder);
        foreach (var (label, id, key) in privateKeys)
            Slot(label, id).Private.Add(key);
        foreach (var (label, id, key) in publicKeys)
            Slot(label, id).Public.Add(key);
        return [.. byName.Select(entry => new KeyPair(entry.Key.Label, entry.Key.Id, entry.Value.Private, entry.Value.Public))];

        (List<nuint> Private, List<nuint> Public) Slot(string label, string id)
        {
            if (!byName.TryGetValue((label, id), out var slot))
                byName.Add((label, id), slot = ([], []));
            return slot;
        }
    }

    private static readonly Comparer<(string Label, string Id)> NameOrder = Comparer<(string Label, string Id)>.Create(
        static (left, right) => string.CompareOrdinal(left.Label, right.Label) is var order && order != 0
            ? order
            : string.CompareOrdinal(left.Id, right.Id));

    private static byte[] Need(TokenSession session, nuint key, nuint attribute) =>
        KeyObjects.TryRead(session, key, attribute) ?? throw Failures.Malformed($"attribute 0x{attribute:X} is missing");
}
