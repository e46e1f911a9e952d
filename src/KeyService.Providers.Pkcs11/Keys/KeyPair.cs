using KeyService.Core.Providers;

namespace KeyService.Providers.Pkcs11.Keys;

/// <summary>The objects of a token that share a label and a CKA_ID. Whole with one private and one public key.</summary>
internal sealed record KeyPair(string Label, string Id, IReadOnlyList<nuint> PrivateKeys, IReadOnlyList<nuint> PublicKeys)
{
    public KeyHandle Handle => new(Id);

    public bool IsWhole => PrivateKeys.Count == 1 && PublicKeys.Count == 1;

    /// <summary>Remains of a creation that was cut off between its two objects.</summary>
    public bool IsRemains => PrivateKeys.Count == 0 || PublicKeys.Count == 0;
}
