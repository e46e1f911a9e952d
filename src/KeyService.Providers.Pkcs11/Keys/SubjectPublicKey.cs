using System.Formats.Asn1;
using System.Security.Cryptography;

namespace KeyService.Providers.Pkcs11.Keys;

/// <summary>
/// Makes SubjectPublicKeyInfo out of what tokens give, and refuses what is no valid public key: tokens with malformed points
/// exist, and what we return is published.
/// </summary>
internal static class SubjectPublicKey
{
    /// <summary>RFC 8410 §4, in front of the 32 bytes of the key.</summary>
    private static ReadOnlySpan<byte> Ed25519Prefix => [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00];

    public static byte[] Rsa(ReadOnlySpan<byte> modulus, ReadOnlySpan<byte> exponent)
    {
        modulus = modulus.TrimStart((byte)0);
        if (!exponent.TrimStart((byte)0).SequenceEqual<byte>([1, 0, 1]))
            throw Failures.Malformed("the RSA exponent is not 65537");
        if (modulus.Length is < 256 or > 1024 || (modulus[0] & 0x80) == 0 || (modulus[^1] & 1) == 0)
            throw Failures.Malformed("the RSA modulus is short, over 8192 bits, even, or of no whole number of bytes");

        using var rsa = RSA.Create();
        try
        {
            rsa.ImportParameters(new RSAParameters { Modulus = modulus.ToArray(), Exponent = [1, 0, 1] });
            return rsa.ExportSubjectPublicKeyInfo();
        }
        catch (CryptographicException exception)
        {
            throw Failures.Malformed("the RSA key cannot be read", exception);
        }
    }

    /// <param name="point">CKA_EC_POINT: the uncompressed point, bare or in an OCTET STRING.</param>
    /// <param name="curve">The JWK name of the curve.</param>
    public static byte[] Ec(string curve, ReadOnlySpan<byte> point)
    {
        var field = curve switch { "P-256" or "secp256k1" => 32, "P-384" => 48, "P-521" => 66, _ => throw Failures.Malformed("the curve is not one of ours") };
        var bare = Bare(point, (2 * field) + 1);
        if (bare.Length != (2 * field) + 1 || bare[0] != 4)
            throw Failures.Malformed("the point is not an uncompressed one of the curve's length");

        try
        {
            // The import checks that the point is on the curve.
            using var ecdsa = ECDsa.Create(new ECParameters
            {
                Curve = Curves.Named(curve),
                Q = new ECPoint { X = bare[1..(field + 1)].ToArray(), Y = bare[(field + 1)..].ToArray() },
            });
            return ecdsa.ExportSubjectPublicKeyInfo();
        }
        catch (CryptographicException exception)
        {
            throw Failures.Malformed("the point is not on the curve", exception);
        }
    }

    /// <param name="point">CKA_EC_POINT: the 32 bytes of the key, bare or in an OCTET STRING or BIT STRING.</param>
    public static byte[] Ed25519(ReadOnlySpan<byte> point)
    {
        var bare = Bare(point, 32);
        if (!EdwardsPoint.IsValid(bare))
            throw Failures.Malformed("the point is not on edwards25519");
        return [.. Ed25519Prefix, .. bare];
    }

    /// <summary>By length first: the bytes of a bare point may look like a tag.</summary>
    private static ReadOnlySpan<byte> Bare(ReadOnlySpan<byte> point, int length)
    {
        if (point.Length == length)
            return point;
        try
        {
            if (AsnDecoder.TryReadEncodedValue(point, AsnEncodingRules.BER, out var tag, out var offset, out var size, out var consumed)
                && consumed == point.Length)
            {
                var content = point.Slice(offset, size);
                if (tag == Asn1Tag.PrimitiveOctetString)
                    return content;
                if (tag == Asn1Tag.PrimitiveBitString && content is [0, ..]) // no unused bits
                    return content[1..];
            }
        }
        catch (AsnContentException exception) // of an indefinite length without end
        {
            throw Failures.Malformed("the point is in no known form", exception);
        }

        throw Failures.Malformed("the point is in no known form");
    }
}
