using System.Security.Cryptography;

namespace KeyService.Testing.Aws;

/// <summary>A SigningAlgorithmSpec of the KMS API.</summary>
/// <param name="DigestLength">0 where MessageType DIGEST is not allowed.</param>
internal sealed record KmsAlgorithm(string Name, HashAlgorithmName Hash, int DigestLength)
{
    public static readonly IReadOnlyList<KmsAlgorithm> Pkcs1 = Family("RSASSA_PKCS1_V1_5");
    public static readonly IReadOnlyList<KmsAlgorithm> Pss = Family("RSASSA_PSS");
    public static readonly IReadOnlyList<KmsAlgorithm> Ecdsa = Family("ECDSA");

    public static readonly KmsAlgorithm Ed25519 = new("ED25519_SHA_512", HashAlgorithmName.SHA512, 0);
    public static readonly KmsAlgorithm Ed25519Ph = new("ED25519_PH_SHA_512", HashAlgorithmName.SHA512, 64);
    public static readonly KmsAlgorithm MlDsa = new("ML_DSA_SHAKE_256", HashAlgorithmName.SHA3_256, 0); // the hash is within FIPS 204 and never read

    private static readonly Dictionary<string, KmsAlgorithm> ByName =
        ((IEnumerable<KmsAlgorithm>)[.. Pkcs1, .. Pss, .. Ecdsa, Ed25519, Ed25519Ph, MlDsa])
            .ToDictionary(static algorithm => algorithm.Name, StringComparer.Ordinal);

    /// <summary>The names that the API knows, SM2 too, which only Regions in China have.</summary>
    public static string[] Names { get; } = [.. ByName.Keys, "SM2DSA"];

    public static KmsAlgorithm? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>What is signed: the digest that was sent, or that of the message.</summary>
    public byte[] Digest(string messageType, byte[] message) =>
        messageType == "DIGEST" ? message : CryptographicOperations.HashData(Hash, message);

    private static KmsAlgorithm[] Family(string prefix) =>
    [
        new(prefix + "_SHA_256", HashAlgorithmName.SHA256, 32),
        new(prefix + "_SHA_384", HashAlgorithmName.SHA384, 48),
        new(prefix + "_SHA_512", HashAlgorithmName.SHA512, 64),
    ];
}
