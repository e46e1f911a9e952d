using System.Buffers.Text;
using System.Security.Cryptography;
using KeyService.Core.Keys;
using KeyService.Core.Signing;
using KeyService.Core.Tests.Vectors;

namespace KeyService.Core.Tests.Keys;

/// <summary>Key pairs of the platform, an independent maker of SubjectPublicKeyInfo, and the public keys of the RFCs.</summary>
internal static class TestKeys
{
    public static Jwk RsaJwk => RfcVectors.ReadJwk(RfcVectors.Load("rfc7517.json").GetProperty("keys")[1]);

    public static Jwk EcJwk => RfcVectors.ReadJwk(RfcVectors.Load("rfc7517.json").GetProperty("keys")[0]);

    public static Jwk Ed25519Jwk => RfcVectors.Find("RFC 8037 A.4").Key!; // the vector has a key

    public static Jwk MlDsaJwk => RfcVectors.ReadJwk(RfcVectors.Load("thumbprints.json").EnumerateArray()
        .Single(vector => vector.GetProperty("source").GetString() == "RFC 9964 3").GetProperty("jwk"));

    /// <summary>The private key of RFC 7520 §3.4: making one takes seconds on a busy machine.</summary>
    public static RSA Rsa()
    {
        var key = RfcVectors.Load("rfc7520-key.json");
        byte[] Member(string name) => Base64Url.DecodeFromChars(key.GetProperty(name).GetString());
        return RSA.Create(new RSAParameters
        {
            Modulus = Member("n"),
            Exponent = Member("e"),
            D = Member("d"),
            P = Member("p"),
            Q = Member("q"),
            DP = Member("dp"),
            DQ = Member("dq"),
            InverseQ = Member("qi"),
        });
    }

    public static ECDsa Ec(SigningAlgorithm algorithm) => ECDsa.Create(algorithm.Curve switch
    {
        "P-256" => ECCurve.NamedCurves.nistP256,
        "P-384" => ECCurve.NamedCurves.nistP384,
        "P-521" => ECCurve.NamedCurves.nistP521,
        "secp256k1" => ECCurve.CreateFromValue("1.3.132.0.10"),
        _ => throw new ArgumentOutOfRangeException(nameof(algorithm)),
    });
}
