using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;

namespace KeyService.Core.Keys;

/// <summary>
/// A curve y² = x³ + ax + b over a prime field: NIST's, where a is −3 (SP 800-186 §3.2.1), and secp256k1 (SEC 2 §2.4.1). The point check is done here and not
/// by importing the key, because what an import checks differs between platforms.
/// </summary>
internal sealed class JwkCurve
{
    private static readonly JwkCurve[] All =
    [
        new("P-256", "1.2.840.10045.3.1.7", ECCurve.NamedCurves.nistP256, 32, -3,
            PowerOf2(256) - PowerOf2(224) + PowerOf2(192) + PowerOf2(96) - 1,
            "5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B"),
        new("P-384", "1.3.132.0.34", ECCurve.NamedCurves.nistP384, 48, -3,
            PowerOf2(384) - PowerOf2(128) - PowerOf2(96) + PowerOf2(32) - 1,
            "B3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF"),
        new("P-521", "1.3.132.0.35", ECCurve.NamedCurves.nistP521, 66, -3,
            PowerOf2(521) - 1,
            "51953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109E156193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B503F00"),
        new("secp256k1", "1.3.132.0.10", ECCurve.CreateFromValue("1.3.132.0.10"), 32, 0,
            PowerOf2(256) - PowerOf2(32) - 977,
            "7"),
    ];

    private readonly BigInteger _prime;
    private readonly int _a;
    private readonly BigInteger _b;

    private JwkCurve(string name, string oid, ECCurve platformCurve, int fieldLength, int a, BigInteger prime, string b)
    {
        Name = name;
        Oid = oid;
        PlatformCurve = platformCurve;
        FieldLength = fieldLength;
        _prime = prime;
        _a = a;
        _b = BigInteger.Parse("0" + b, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture); // 0: never negative
    }

    public string Name { get; }

    public string Oid { get; }

    public ECCurve PlatformCurve { get; }

    /// <summary>Bytes in one coordinate.</summary>
    public int FieldLength { get; }

    public static JwkCurve? FindByName(string? name) => Array.Find(All, curve => curve.Name == name);

    public static JwkCurve? FindByOid(string oid) => Array.Find(All, curve => curve.Oid == oid);

    /// <summary>True where (x, y) lies on the curve. The group's order is prime, so this makes it a usable public key.</summary>
    public bool Contains(ReadOnlySpan<byte> x, ReadOnlySpan<byte> y)
    {
        var (px, py) = (new BigInteger(x, isUnsigned: true, isBigEndian: true), new BigInteger(y, isUnsigned: true, isBigEndian: true));
        return px < _prime && py < _prime && ((py * py) - (((px * px) + _a) * px) - _b) % _prime == 0;
    }

    private static BigInteger PowerOf2(int exponent) => BigInteger.One << exponent;
}
