using System.Security.Cryptography;
using KeyService.Core.Keys;
using KeyService.Core.Signing;
using KeyService.Core.Tests.Vectors;

namespace KeyService.Core.Tests.Keys;

/// <summary>Key pairs of the platform, an independent maker of SubjectPublicKeyInfo, and the public keys of the RFCs.</summary>
internal static class TestKeys
{
    private static readonly Lazy<RSA> LazyRsa = new(() => RSA.Create(2048));

    /// <summary>Shared, because making one takes long; for one thread at a time.</summary>
    public static RSA Rsa => LazyRsa.Value;

    public static Jwk RsaJwk => RfcVectors.ReadJwk(RfcVectors.Load("rfc7517.json").GetProperty("keys")[1]);

    public static Jwk EcJwk => RfcVectors.ReadJwk(RfcVectors.Load("rfc7517.json").GetProperty("keys")[0]);

    public static Jwk Ed25519Jwk => RfcVectors.Find("RFC 8037 A.4").Key!; // the vector has a key

    public static ECDsa Ec(SigningAlgorithm algorithm) => ECDsa.Create(algorithm.Curve switch
    {
        "P-256" => ECCurve.NamedCurves.nistP256,
        "P-384" => ECCurve.NamedCurves.nistP384,
        "P-521" => ECCurve.NamedCurves.nistP521,
        _ => throw new ArgumentOutOfRangeException(nameof(algorithm)),
    });
}
