using System.Security.Cryptography;

namespace KeyService.Testing.Aws;

/// <summary>A KeySpec of the KMS API: what keys of it are for (CreateKey, "KeyUsage") and sign with (Developer Guide, "Key spec reference").</summary>
/// <param name="Make">Null for keys that cannot sign: they exist here so that the wrong usage can be met.</param>
internal sealed record KmsKeySpec(string Name, string[] Usages, IReadOnlyList<KmsAlgorithm> Algorithms, Func<KmsKeyPair>? Make)
{
    private const string SignVerify = "SIGN_VERIFY";
    private const string Encrypt = "ENCRYPT_DECRYPT";
    private const string Agree = "KEY_AGREEMENT";

    private static readonly Dictionary<string, KmsKeySpec> ByName = ((IEnumerable<KmsKeySpec>)
    [
        new("SYMMETRIC_DEFAULT", [Encrypt], [], null),
        new("HMAC_256", ["GENERATE_VERIFY_MAC"], [], null),
        Rsa(2048), Rsa(3072), Rsa(4096),
        Ec("ECC_NIST_P256", ECCurve.NamedCurves.nistP256, 0, Agree),
        Ec("ECC_NIST_P384", ECCurve.NamedCurves.nistP384, 1, Agree),
        Ec("ECC_NIST_P521", ECCurve.NamedCurves.nistP521, 2, Agree),
        Ec("ECC_SECG_P256K1", ECCurve.CreateFromValue("1.3.132.0.10"), 0),
        new("ECC_NIST_EDWARDS25519", [SignVerify], [KmsAlgorithm.Ed25519, KmsAlgorithm.Ed25519Ph], static () => new KmsEdwardsKeyPair()),
        MlDsa("ML_DSA_44", MLDsaAlgorithm.MLDsa44), MlDsa("ML_DSA_65", MLDsaAlgorithm.MLDsa65), MlDsa("ML_DSA_87", MLDsaAlgorithm.MLDsa87),
    ]).ToDictionary(static spec => spec.Name, StringComparer.Ordinal);

    /// <summary>The names that the API knows, also those that no Region but China's has.</summary>
    public static string[] Names { get; } = [.. ByName.Keys, "HMAC_224", "HMAC_384", "HMAC_512", "SM2"];

    public static string[] AllUsages { get; } = [SignVerify, Encrypt, Agree, "GENERATE_VERIFY_MAC"];

    public static KmsKeySpec Find(string name) => ByName.GetValueOrDefault(name) is { } spec && (spec.Algorithms is not [{ Name: "ML_DSA_SHAKE_256" }] || MLDsa.IsSupported)
        ? spec
        : throw new AwsErrorException("UnsupportedOperationException", $"KeySpec {name} is not supported in this Region.");

    private static KmsKeySpec Rsa(int bits) =>
        new($"RSA_{bits}", [SignVerify, Encrypt], [.. KmsAlgorithm.Pkcs1, .. KmsAlgorithm.Pss], () => new KmsRsaKeyPair(bits));

    private static KmsKeySpec Ec(string name, ECCurve curve, int hash, params string[] more) =>
        new(name, [SignVerify, .. more], [KmsAlgorithm.Ecdsa[hash]], () => new KmsEcKeyPair(curve));

    private static KmsKeySpec MlDsa(string name, MLDsaAlgorithm kind) =>
        new(name, [SignVerify], [KmsAlgorithm.MlDsa], () => new KmsMlDsaKeyPair(kind));
}
