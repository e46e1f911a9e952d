using System.Numerics;

namespace KeyService.Providers.Pkcs11.Keys;

/// <summary>Tells whether 32 bytes are a point of edwards25519 (RFC 8032 §5.1.3). Public data only: takes no care of timing.</summary>
internal static class EdwardsPoint
{
    private static readonly BigInteger Prime = BigInteger.Pow(2, 255) - 19;

    // d = -121665/121666
    private static readonly BigInteger D =
        (Prime - 121665) * BigInteger.ModPow(121666, Prime - 2, Prime) % Prime;

    public static bool IsValid(ReadOnlySpan<byte> encoded)
    {
        if (encoded.Length != 32)
            return false;
        Span<byte> little = stackalloc byte[32];
        encoded.CopyTo(little);
        little[31] &= 0x7F; // the sign of x, of which both exist
        var y = new BigInteger(little, isUnsigned: true);
        if (y >= Prime)
            return false;

        // x² = (y² - 1) / (d y² + 1)
        var ySquare = y * y % Prime;
        var xSquare = (ySquare + Prime - 1) * BigInteger.ModPow(((D * ySquare) + 1) % Prime, Prime - 2, Prime) % Prime;
        if (xSquare.IsZero)
            return false; // y = ±1: the neutral element and the point of order two are nobody's public key
        return BigInteger.ModPow(xSquare, (Prime - 1) / 2, Prime).IsOne;
    }
}
