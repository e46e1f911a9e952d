using KeyService.Core.Signing;

namespace KeyService.Core.Keys;

/// <summary>A parameter set of ML-DSA: its JOSE name (RFC 9964), its OID (RFC 9881 §2) and the length of its public keys in bytes.</summary>
internal sealed record JwkMlDsa(string Name, string Oid, int PublicKeyLength)
{
    private static readonly JwkMlDsa[] All =
    [
        new(SigningAlgorithm.MlDsa44.Name, "2.16.840.1.101.3.4.3.17", SigningAlgorithm.MlDsa44.PublicKeyLength),
        new(SigningAlgorithm.MlDsa65.Name, "2.16.840.1.101.3.4.3.18", SigningAlgorithm.MlDsa65.PublicKeyLength),
        new(SigningAlgorithm.MlDsa87.Name, "2.16.840.1.101.3.4.3.19", SigningAlgorithm.MlDsa87.PublicKeyLength),
    ];

    public static JwkMlDsa? FindByName(string? name) => Array.Find(All, parameters => parameters.Name == name);

    public static JwkMlDsa? FindByOid(string oid) => Array.Find(All, parameters => parameters.Oid == oid);
}
