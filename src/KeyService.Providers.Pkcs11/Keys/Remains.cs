using KeyService.Providers.Pkcs11.Cryptoki;
using KeyService.Providers.Pkcs11.Tokens;

namespace KeyService.Providers.Pkcs11.Keys;

/// <summary>
/// What creations that were cut off left in a token: halves of a pair under the label, and blank objects, which have neither label
/// nor id nor any part of a key (SoftHSM stores an object first and fills it then, one attribute at a time). Another process may be creating just now, so
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

    /// <summary>
    /// A blank object does not say yet that it is kept in the token, and it may lack every attribute that a search could name. So
    /// it is found as what is there beside all that says so: two searches, however many keys there are.
    /// </summary>
    private static IEnumerable<nuint> Blanks(TokenSession session)
    {
        var all = KeyObjects.Find(session, new ObjectTemplate());
        var kept = KeyObjects.Find(session, new ObjectTemplate().Add(Ck.Attribute.Token, value: true)).ToHashSet();
        return all.Where(key => !kept.Contains(key) && IsBlank(session, key));
    }

    /// <summary>Strict, for what is blank is destroyed: the token may hold other applications' objects too.</summary>
    private static bool IsBlank(TokenSession session, nuint key)
    {
        nuint[] parts = [Ck.Attribute.Label, Ck.Attribute.Id, Ck.Attribute.Modulus, Ck.Attribute.EcParams, Ck.Attribute.EcPoint];
        try
        {
            return KeyObjects.TryReadNumber(session, key, Ck.Attribute.Class) is Ck.ObjectClass.PrivateKey or Ck.ObjectClass.PublicKey
                && KeyObjects.TryReadFlag(session, key, Ck.Attribute.Token) is not true
                && Array.TrueForAll(parts, part => KeyObjects.TryRead(session, key, part) is null or []);
        }
        catch (CryptokiException e) when (e.Code == CkReturn.AttributeValueInvalid)
        {
            return true; // SoftHSM's answer for an object that has not even a class
        }
        catch (CryptokiException e) when (e.Code == CkReturn.ObjectHandleInvalid)
        {
            return false; // gone since the search
        }
    }

    /// <summary>False where the token keeps it: a blank object is a blemish, and no reason to make no keys.</summary>
    private static bool TryDestroy(TokenSession session, nuint key) => session.Functions.DestroyObject(session.Handle, key) == CkReturn.Ok;
}
