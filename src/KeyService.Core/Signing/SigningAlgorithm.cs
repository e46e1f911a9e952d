using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace KeyService.Core.Signing;

/// <summary>
/// A JWS algorithm that can be published: RFC 7518 §3.1 and, for Ed25519, RFC 9864 §2.2.
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
    public static readonly SigningAlgorithm Ed25519 =
        new("Ed25519", "OKP", SignatureScheme.EdDsa, hash: null, digestLength: 0, curve: "Ed25519", fieldLength: 32);

    /// <summary>
    /// Ed25519 under the older, ambiguous name of RFC 8037 §3.1, for verifiers that know no other: only ever written, as
    /// <see cref="Keys.KeySet.Published"/> says, and never asked for.
    /// </summary>
    public static readonly SigningAlgorithm EdDsa =
        new("EdDSA", "OKP", SignatureScheme.EdDsa, hash: null, digestLength: 0, curve: "Ed25519", fieldLength: 32);

    private static readonly FrozenDictionary<string, SigningAlgorithm> ByName =
        new[] { RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, Ed25519 }
            .ToFrozenDictionary(algorithm => algorithm.Name, StringComparer.Ordinal);

    private SigningAlgorithm(
        string name, string keyType, SignatureScheme scheme, HashAlgorithmName? hash, int digestLength, string? curve, int fieldLength)
    {
        Name = name;
        KeyType = keyType;
        Scheme = scheme;
        Hash = hash;
        DigestLength = digestLength;
        Curve = curve;
        FieldLength = fieldLength;
    }

    /// <summary>Every algorithm of the product.</summary>
    public static IReadOnlyCollection<SigningAlgorithm> All => ByName.Values;

    /// <summary>The JOSE name, as it stands in <c>alg</c>.</summary>
    public string Name { get; }

    /// <summary>The JWK <c>kty</c> of its keys: <c>RSA</c>, <c>EC</c> or <c>OKP</c>.</summary>
    public string KeyType { get; }

    public SignatureScheme Scheme { get; }

    /// <summary>The hash that is signed; null where the algorithm takes the whole message (Ed25519).</summary>
    public HashAlgorithmName? Hash { get; }

    /// <summary>Bytes in a digest: 32, 48 or 64; 0 where the algorithm takes the whole message.</summary>
    public int DigestLength { get; }

    /// <summary>True where a provider is handed a digest, false where it is handed the message.</summary>
    public bool TakesDigest => Hash is not null;

    /// <summary>The JWK <c>crv</c> of its keys; null for RSA.</summary>
    public string? Curve { get; }

    /// <summary>Bytes in one coordinate of the curve (66 for P-521); 0 for RSA.</summary>
    public int FieldLength { get; }

    /// <summary>Bytes in a signature by a key of this algorithm, which RSA takes from its modulus.</summary>
    /// <param name="modulusBits">Length of the RSA modulus in bits; not read for the other algorithms.</param>
    public int SignatureLength(int modulusBits) => KeyType == "RSA" ? modulusBits / 8 : 2 * FieldLength;

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
}
