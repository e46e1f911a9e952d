using System.Buffers.Text;
using System.Formats.Asn1;
using System.Numerics;
using KeyService.Core.Signing;

namespace KeyService.Core.Keys;

/// <summary>
/// DER SubjectPublicKeyInfo ↔ <see cref="Jwk"/>. Both ways check the key itself: tokens do hand out malformed public
/// keys, and such a key must not be published. Whatever is accepted has one encoding, so reading and writing are inverse.
/// </summary>
internal static class JwkSubjectPublicKeyInfo
{
    private const string RsaEncryption = "1.2.840.113549.1.1.1";
    private const string EcPublicKey = "1.2.840.10045.2.1";
    private const string Ed25519 = "1.3.101.112";
    private const byte UncompressedPoint = 4; // SEC 1 §2.3.3

    public static Jwk Read(ReadOnlySpan<byte> der)
    {
        try
        {
            var outer = new AsnReader(der.ToArray(), AsnEncodingRules.DER);
            var info = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            var algorithm = info.ReadSequence();
            var key = info.ReadBitString(out var unusedBits);
            info.ThrowIfNotEmpty();
            Require(unusedBits == 0, "The public key does not fill its last byte.");

            return algorithm.ReadObjectIdentifier() switch
            {
                RsaEncryption => ReadRsa(algorithm, key),
                EcPublicKey => ReadEc(algorithm, key),
                Ed25519 => ReadEd25519(algorithm, key),
                var oid when JwkMlDsa.FindByOid(oid) is { } parameters => ReadMlDsa(algorithm, parameters, key),
                _ => throw new FormatException("The public key is of a kind other than RSA, EC, Ed25519 and ML-DSA."),
            };
        }
        catch (AsnContentException exception)
        {
            throw new FormatException("The public key is not a SubjectPublicKeyInfo in strict DER.", exception);
        }
    }

    public static byte[] Write(Jwk key)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            switch (key)
            {
                case { KeyType: "RSA", Curve: null, X: null, Y: null, Algorithm: null, Public: null }:
                    WriteRsa(writer, Decode(key.Modulus), Decode(key.Exponent));
                    break;
                case { KeyType: "EC", Modulus: null, Exponent: null, Algorithm: null, Public: null } when JwkCurve.FindByName(key.Curve) is { } curve:
                    WriteEc(writer, curve, Decode(key.X), Decode(key.Y));
                    break;
                case { KeyType: "OKP", Curve: "Ed25519", Y: null, Modulus: null, Exponent: null, Algorithm: null, Public: null }:
                    WriteEd25519(writer, Decode(key.X));
                    break;
                case { KeyType: "AKP", Curve: null, X: null, Y: null, Modulus: null, Exponent: null } when JwkMlDsa.FindByName(key.Algorithm) is { } parameters:
                    WriteMlDsa(writer, parameters, Decode(key.Public));
                    break;
                default:
                    throw new FormatException("The members of the JWK are not those of one RSA, EC, Ed25519 or ML-DSA key.");
            }
        }

        return writer.Encode();
    }

    private static Jwk ReadRsa(AsnReader algorithm, byte[] key)
    {
        algorithm.ReadNull(); // RFC 3279 §2.3.1: the parameters must be there and be NULL
        algorithm.ThrowIfNotEmpty();
        var outer = new AsnReader(key, AsnEncodingRules.DER);
        var numbers = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        var (n, e) = (ReadPositive(numbers), ReadPositive(numbers));
        numbers.ThrowIfNotEmpty();
        CheckRsa(n, e);
        return new Jwk { KeyType = "RSA", Modulus = Base64Url.EncodeToString(n), Exponent = Base64Url.EncodeToString(e) };
    }

    private static Jwk ReadEc(AsnReader algorithm, ReadOnlySpan<byte> point)
    {
        // An explicit curve in place of a name is how a key gets parameters of an attacker's choice (CVE-2020-0601).
        var curve = JwkCurve.FindByOid(algorithm.ReadObjectIdentifier())
            ?? throw new FormatException("The EC key is on a curve other than P-256, P-384, P-521 and secp256k1.");
        algorithm.ThrowIfNotEmpty();
        Require(
            point.Length == 1 + (2 * curve.FieldLength) && point[0] == UncompressedPoint, "The EC key is not an uncompressed point.");
        var x = point.Slice(1, curve.FieldLength);
        var y = point[(1 + curve.FieldLength)..];
        CheckEc(curve, x, y);
        return new Jwk { KeyType = "EC", Curve = curve.Name, X = Base64Url.EncodeToString(x), Y = Base64Url.EncodeToString(y) };
    }

    private static Jwk ReadEd25519(AsnReader algorithm, ReadOnlySpan<byte> x)
    {
        algorithm.ThrowIfNotEmpty(); // RFC 8410 §3: the parameters must be absent
        CheckEd25519(x);
        return new Jwk { KeyType = "OKP", Curve = "Ed25519", X = Base64Url.EncodeToString(x) };
    }

    private static Jwk ReadMlDsa(AsnReader algorithm, JwkMlDsa parameters, ReadOnlySpan<byte> key)
    {
        algorithm.ThrowIfNotEmpty(); // RFC 9881 §2: the parameters must be absent
        CheckMlDsa(parameters, key);
        return new Jwk { KeyType = "AKP", Algorithm = parameters.Name, Public = Base64Url.EncodeToString(key) };
    }

    private static void WriteRsa(AsnWriter writer, byte[] n, byte[] e)
    {
        CheckRsa(n, e);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(RsaEncryption);
            writer.WriteNull();
        }

        var numbers = new AsnWriter(AsnEncodingRules.DER);
        using (numbers.PushSequence())
        {
            numbers.WriteIntegerUnsigned(n);
            numbers.WriteIntegerUnsigned(e);
        }

        writer.WriteBitString(numbers.Encode());
    }

    private static void WriteEc(AsnWriter writer, JwkCurve curve, byte[] x, byte[] y)
    {
        CheckEc(curve, x, y);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(EcPublicKey);
            writer.WriteObjectIdentifier(curve.Oid);
        }

        writer.WriteBitString([UncompressedPoint, .. x, .. y]);
    }

    private static void WriteEd25519(AsnWriter writer, byte[] x)
    {
        CheckEd25519(x);
        using (writer.PushSequence())
            writer.WriteObjectIdentifier(Ed25519);

        writer.WriteBitString(x);
    }

    private static void WriteMlDsa(AsnWriter writer, JwkMlDsa parameters, byte[] key)
    {
        CheckMlDsa(parameters, key);
        using (writer.PushSequence())
            writer.WriteObjectIdentifier(parameters.Oid);

        writer.WriteBitString(key);
    }

    private static void CheckRsa(ReadOnlySpan<byte> n, ReadOnlySpan<byte> e)
    {
        Require(IsMinimal(n) && IsMinimal(e), "A number of the RSA key has leading zeros.");
        var bits = new BigInteger(n, isUnsigned: true, isBigEndian: true).GetBitLength();
        Require(bits is >= 2048 and <= 8192 && bits % 8 == 0, "The RSA modulus is not of 2048 to 8192 bits in whole bytes.");
        Require((n[^1] & 1) == 1, "The RSA modulus is even.");
        // OpenSSL, and so most verifiers, refuse exponents over 64 bits.
        Require(e.Length <= 8 && (e[^1] & 1) == 1 && (e.Length > 1 || e[0] >= 3), "The RSA exponent is not odd, from 3 and of at most 64 bits.");
    }

    private static void CheckEc(JwkCurve curve, ReadOnlySpan<byte> x, ReadOnlySpan<byte> y)
    {
        Require(x.Length == curve.FieldLength && y.Length == curve.FieldLength, "A coordinate of the EC key is not as wide as its field.");
        Require(curve.Contains(x, y), $"The EC key is not a point on {curve.Name}.");
    }

    private static void CheckEd25519(ReadOnlySpan<byte> x) =>
        Require(JwkEd25519Point.IsPublicKey(x), "The Ed25519 key is not the encoding of a usable point on its curve.");

    /// <summary>Any bytes of the right number are a public key: a seed and packed coefficients that fill their bits (FIPS 204 §7.2).</summary>
    private static void CheckMlDsa(JwkMlDsa parameters, ReadOnlySpan<byte> key) =>
        Require(key.Length == parameters.PublicKeyLength, $"The {parameters.Name} key does not have {parameters.PublicKeyLength} bytes.");

    private static bool IsMinimal(ReadOnlySpan<byte> number) => number is [not 0, ..];

    private static byte[] ReadPositive(AsnReader reader)
    {
        var bytes = reader.ReadIntegerBytes().Span;
        Require(bytes[0] < 0x80, "A number of the RSA key is negative.");
        return (bytes is [0, _, ..] ? bytes[1..] : bytes).ToArray();
    }

    private static byte[] Decode(string? member) =>
        StrictBase64Url.TryDecode(member, out var bytes) && bytes.Length > 0
            ? bytes
            : throw new FormatException("A member of the JWK is missing or not base64url.");

    private static void Require(bool condition, string message)
    {
        if (!condition)
            throw new FormatException(message);
    }
}
