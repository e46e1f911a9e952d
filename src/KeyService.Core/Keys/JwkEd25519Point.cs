using System.Globalization;
using System.Numerics;

namespace KeyService.Core.Keys;

/// <summary>
/// The check of an Ed25519 public key (RFC 8032 §5.1.3): the bytes are the one encoding of a point on the curve, and not
/// one of the eight points of small order, under which anybody can forge.
/// </summary>
internal static class JwkEd25519Point
{
    public const int Length = 32;

    private static readonly BigInteger P = (BigInteger.One << 255) - 19;
    private static readonly BigInteger D = BigInteger.Parse(
        "52036CEE2B6FFE738CC740797779E89800700A4D4141D8AB75EB4DCA135978A3",
        NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    public static bool IsPublicKey(ReadOnlySpan<byte> encoded)
    {
        if (encoded.Length != Length)
            return false;

        Span<byte> bytes = stackalloc byte[Length];
        encoded.CopyTo(bytes);
        bytes[^1] &= 0x7f; // the top bit is the sign of x
        var y = new BigInteger(bytes, isUnsigned: true);
        if (y >= P)
            return false;

        var xSquared = XSquared(y);
        var hasRoot = BigInteger.ModPow(xSquared, (P - 1) / 2, P) == 1; // Euler's criterion; x = 0 has small order anyway
        return hasRoot && !HasSmallOrder(y);
    }

    /// <summary>Doubles three times by y alone: a point of order 1, 2, 4 or 8 ends at the neutral element, y = 1.</summary>
    private static bool HasSmallOrder(BigInteger y)
    {
        for (var i = 0; i < 3; i++)
        {
            var xSquared = XSquared(y);
            var ySquared = y * y % P;
            y = Divide(xSquared + ySquared, 1 - (D * xSquared % P * ySquared));
        }

        return y == 1;
    }

    /// <summary>From −x² + y² = 1 + d·x²·y².</summary>
    private static BigInteger XSquared(BigInteger y) => Divide((y * y) - 1, (D * y % P * y) + 1);

    private static BigInteger Divide(BigInteger dividend, BigInteger divisor) =>
        Modulo(dividend * BigInteger.ModPow(Modulo(divisor), P - 2, P));

    private static BigInteger Modulo(BigInteger value)
    {
        var rest = value % P;
        return rest < 0 ? rest + P : rest;
    }
}
