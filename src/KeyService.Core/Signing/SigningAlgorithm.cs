using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace KeyService.Core.Signing;

/// <summary>
/// A JWS algorithm that can be published: RFC 7518 §3.1, RFC 8812 §3.2 (ES256K), RFC 9864 §2.2 (Ed25519), RFC 9964 (ML-DSA).
/// The instances are the static fields; two algorithms are equal only if they are the same instance.
/// </summary>
public sealed class SigningAlgorithm
{
    public static readonly SigningAlgorithm RS256 = Rsa("RS256", SignatureScheme.RsaPkcs1, HashAlgorithmName.SHA256, 32);
    public static readonly SigningAlgorithm RS384 = Rsa("RS384", SignatureScheme.RsaPkcs1, HashAlgorithmName.SHA384, 48);
    public static readonly SigningAlgorithm RS512 = Rsa("RS512", SignatureScheme.RsaPkcs1, HashAlgorithmName.SHA512, 64);
    public static readonly SigningAlgorithm PS256 = Rsa("PS256", SignatureScheme.RsaPss, HashAlgorithmName.SHA256, 32);
    public static readonly SigningAlgorithm PS384 = Rsa("PS384", SignatureScheme.RsaPss, HashAlgorithmName.SHA384, 48);
    public static readonly SigningAlgorithm PS512 = Rsa("PS512", SignatureScheme.RsaPss, HashAlgorithmName.SHA512, 64);
    public static readonly SigningAlgorithm ES256 = Ec("ES256", "P-256", HashAlgorithmName.SHA256, 32, 32);
    public static readonly SigningAlgorithm ES384 = Ec("ES384", "P-384", HashAlgorithmName.SHA384, 48, 48);
    public static readonly SigningAlgorithm ES512 = Ec("ES512", "P-521", HashAlgorithmName.SHA512, 64, 66);
    public static readonly SigningAlgorithm ES256K = Ec("ES256K", "secp256k1", HashAlgorithmName.SHA256, 32, 32);
    public static readonly SigningAlgorithm Ed25519 =
        new("Ed25519", "OKP", SignatureScheme.EdDsa, hash: null, digestLength: 0, curve: "Ed25519", fieldLength: 32);
    public static readonly SigningAlgorithm MlDsa44 = MlDsa("ML-DSA-44", publicKeyLength: 1312, signatureLength: 2420);
    public static readonly SigningAlgorithm MlDsa65 = MlDsa("ML-DSA-65", publicKeyLength: 1952, signatureLength: 3309);
    public static readonly SigningAlgorithm MlDsa87 = MlDsa("ML-DSA-87", publicKeyLength: 2592, signatureLength: 4627);

    /// <summary>
    /// Ed25519 under the older, ambiguous name of RFC 8037 §3.1, for verifiers that know no other: only ever written, as
    /// <see cref="Keys.KeySet.Published"/> says, and never asked for.
    /// </summary>
    public static readonly SigningAlgorithm EdDsa =
        new("EdDSA", "OKP", SignatureScheme.EdDsa, hash: null, digestLength: 0, curve: "Ed25519", fieldLength: 32);

    private static readonly FrozenDictionary<string, SigningAlgorithm> ByName =
        new[] { RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, ES256K, Ed25519, MlDsa44, MlDsa65, MlDsa87 }
            .ToFrozenDictionary(algorithm => algorithm.Name, StringComparer.Ordinal);

    private readonly int _signatureLength;

    private SigningAlgorithm(
        string name, string keyType, SignatureScheme scheme, HashAlgorithmName? hash, int digestLength, string? curve, int fieldLength,
        int publicKeyLength = 0, int signatureLength = 0)
    {
        Name = name;
        KeyType = keyType;
        Scheme = scheme;
        Hash = hash;
        DigestLength = digestLength;
        Curve = curve;
        FieldLength = fieldLength;
        PublicKeyLength = publicKeyLength;
        _signatureLength = signatureLength;
    }

    /// <summary>Every algorithm of the product.</summary>
    public static IReadOnlyCollection<SigningAlgorithm> All => ByName.Values;

    /// <summary>The JOSE name, as it stands in <c>alg</c>.</summary>
    public string Name { get; }

    /// <summary>The JWK <c>kty</c> of its keys: <c>RSA</c>, <c>EC</c>, <c>OKP</c> or <c>AKP</c>.</summary>
    public string KeyType { get; }

    public SignatureScheme Scheme { get; }

    /// <summary>The hash that is signed; null where the algorithm takes the whole message (Ed25519, ML-DSA).</summary>
    public HashAlgorithmName? Hash { get; }

    /// <summary>Bytes in a digest: 32, 48 or 64; 0 where the algorithm takes the whole message.</summary>
    public int DigestLength { get; }

    /// <summary>True where a provider is handed a digest, false where it is handed the message.</summary>
    public bool TakesDigest => Hash is not null;

    /// <summary>The JWK <c>crv</c> of its keys; null for RSA and ML-DSA.</summary>
    public string? Curve { get; }

    /// <summary>Bytes in one coordinate of the curve (66 for P-521); 0 for RSA and ML-DSA.</summary>
    public int FieldLength { get; }

    /// <summary>Bytes in the JWK <c>pub</c> of an ML-DSA key (FIPS 204 table 2); 0 for the others.</summary>
    public int PublicKeyLength { get; }

    /// <summary>Bytes in a signature by a key of this algorithm, which RSA takes from its modulus.</summary>
    /// <param name="modulusBits">Length of the RSA modulus in bits; not read for the other algorithms.</param>
    public int SignatureLength(int modulusBits) => KeyType switch
    {
        "RSA" => modulusBits / 8,
        "AKP" => _signatureLength,
        _ => 2 * FieldLength,
    };

    /// <summary>Finds an algorithm by its exact, case-sensitive JOSE name.</summary>
    public static bool TryParse(string? name, [NotNullWhen(true)] out SigningAlgorithm? algorithm)
    {
        algorithm = null;
        return name is not null && ByName.TryGetValue(name, out algorithm);
    }

    public override string ToString() => Name;

    private static SigningAlgorithm Rsa(string name, SignatureScheme scheme, HashAlgorithmName hash, int digestLength) =>
        new(name, "RSA", scheme, hash, digestLength, curve: null, fieldLength: 0);

    private static SigningAlgorithm Ec(string name, string curve, HashAlgorithmName hash, int digestLength, int fieldLength) =>
        new(name, "EC", SignatureScheme.Ecdsa, hash, digestLength, curve, fieldLength);

    private static SigningAlgorithm MlDsa(string name, int publicKeyLength, int signatureLength) =>
        new(name, "AKP", SignatureScheme.MlDsa, hash: null, digestLength: 0, curve: null, fieldLength: 0, publicKeyLength, signatureLength);
}
