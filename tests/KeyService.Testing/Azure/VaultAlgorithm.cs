using System.Security.Cryptography;

namespace KeyService.Testing.Azure;

/// <summary>The signature algorithms and what keys they go with (About keys: signature algorithms; JsonWebKeySignatureAlgorithm).</summary>
/// <param name="KeyType">Without <c>-HSM</c>.</param>
/// <param name="Curve">The only curve that it signs with; null for RSA.</param>
internal sealed record VaultAlgorithm(string Name, string KeyType, string? Curve, HashAlgorithmName Hash, int DigestLength)
{
    private static readonly Dictionary<string, VaultAlgorithm> All = new VaultAlgorithm[]
    {
        new("RS256", "RSA", null, HashAlgorithmName.SHA256, 32),
        new("RS384", "RSA", null, HashAlgorithmName.SHA384, 48),
        new("RS512", "RSA", null, HashAlgorithmName.SHA512, 64),
        new("PS256", "RSA", null, HashAlgorithmName.SHA256, 32),
        new("PS384", "RSA", null, HashAlgorithmName.SHA384, 48),
        new("PS512", "RSA", null, HashAlgorithmName.SHA512, 64),
        new("ES256", "EC", "P-256", HashAlgorithmName.SHA256, 32),
        new("ES256K", "EC", "P-256K", HashAlgorithmName.SHA256, 32),
        new("ES384", "EC", "P-384", HashAlgorithmName.SHA384, 48),
        new("ES512", "EC", "P-521", HashAlgorithmName.SHA512, 64),
    }.ToDictionary(static algorithm => algorithm.Name, StringComparer.Ordinal);

    public bool IsPss => Name[0] == 'P';

    public static VaultAlgorithm Parse(string name) =>
        All.GetValueOrDefault(name) ?? throw VaultRefusal.BadParameter($"The algorithm {name} is not supported.");
}
