using System.Buffers.Text;
using KeyService.Core.Keys;
using KeyService.Core.Signing;

namespace KeyService.Fuzz.Targets;

/// <summary>Public keys of every kind, the same in every process. Their private halves are known, or nobody's.</summary>
internal static class ExampleKeys
{
    // The base points of their curves (SEC 2): public keys of the private key 1.
    private static readonly (SigningAlgorithm Algorithm, string X, string Y)[] Points =
    [
        (SigningAlgorithm.ES256, "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296", "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5"),
        (SigningAlgorithm.ES384, "AA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7", "3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F"),
        (SigningAlgorithm.ES512, "00C6858E06B70404E9CD9E3ECB662395B4429C648139053FB521F828AF606B4D3DBAA14B5E77EFE75928FE1DC127A2FFA8DE3348B3C1856A429BF97E7E31C2E5BD66", "011839296A789A3BC0045C8A5FB42C7D1BD998F54449579B446817AFBD17273E662C97EE72995EF42640C550B9013FAD0761353C7086A272C24088BE94769FD16650"),
        (SigningAlgorithm.ES256K, "79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798", "483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8"),
    ];

    public static IReadOnlyList<(SigningAlgorithm Algorithm, Jwk Key)> All { get; } =
    [
        .. Points.Select(point => (point.Algorithm, new Jwk { KeyType = "EC", Curve = point.Algorithm.Curve, X = Text(point.X), Y = Text(point.Y) })),
        (SigningAlgorithm.Ed25519, new Jwk { KeyType = "OKP", Curve = "Ed25519", X = Text("D75A980182B10AB7D54BFED3C964073A0EE172F3DAA62325AF021A68F707511A") }), // RFC 8032 §7.1
        (SigningAlgorithm.RS256, new Jwk { KeyType = "RSA", Modulus = Base64Url.EncodeToString(Modulus(256)), Exponent = "AQAB" }),
        (SigningAlgorithm.PS512, new Jwk { KeyType = "RSA", Modulus = Base64Url.EncodeToString(Modulus(384)), Exponent = "AQAB" }),
        (SigningAlgorithm.MlDsa44, new Jwk { KeyType = "AKP", Algorithm = "ML-DSA-44", Public = Base64Url.EncodeToString(Bytes(1312)) }),
    ];

    public static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Of the right form. Nobody has its factors, so nothing is signed with it.</summary>
    private static byte[] Modulus(int length)
    {
        var modulus = Bytes(length);
        modulus[0] |= 0x80;
        modulus[^1] |= 1;
        return modulus;
    }

    private static string Text(string hex) => Base64Url.EncodeToString(Convert.FromHexString(hex));
}
