namespace KeyService.Core.Providers;

/// <summary>A key pair as its provider knows it.</summary>
/// <param name="SubjectPublicKeyInfo">The public half, DER (RFC 5280 §4.1.2.7); for Ed25519 as in RFC 8410 §4. Empty where only remains of a pair are left, or where it cannot be read at the moment.</param>
public sealed record ProviderKey(string Label, KeyHandle Handle, ReadOnlyMemory<byte> SubjectPublicKeyInfo)
{
    /// <summary>True where it lacks marks that the settings put on every key beside the label: it is another deployment's, or older than the settings.</summary>
    public bool IsForeign { get; init; }
}
