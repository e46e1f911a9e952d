using System.Formats.Asn1;
using System.Security.Cryptography;

namespace KeyService.Providers.Pkcs11.Keys;

/// <summary>CKA_EC_PARAMS: which curve a key is on. Tokens write it as an OID or as a name.</summary>
internal static class Curves
{
    private const string Secp256k1 = "1.3.132.0.10";

    /// <summary>The values to try, in this order, when a key is made on a curve of the JWK name.</summary>
    public static IReadOnlyList<byte[]> Parameters(string curve) => curve switch
    {
        "P-256" => [Oid("1.2.840.10045.3.1.7")],
        "P-384" => [Oid("1.3.132.0.34")],
        "P-521" => [Oid("1.3.132.0.35")],
        "secp256k1" => [Oid(Secp256k1)],
        "Ed25519" => [Name("edwards25519"), Oid("1.3.101.112")],
        _ => throw new ArgumentOutOfRangeException(nameof(curve), curve, "No such curve."),
    };

    /// <summary>The JWK name of the curve; "" where it is none of ours.</summary>
    public static string NameOf(ReadOnlySpan<byte> parameters)
    {
        try
        {
            if (!AsnDecoder.TryReadEncodedValue(parameters, AsnEncodingRules.BER, out var tag, out _, out _, out _))
                return "";
            return tag.TagValue switch
            {
                (int)UniversalTagNumber.ObjectIdentifier => AsnDecoder.ReadObjectIdentifier(parameters, AsnEncodingRules.BER, out _) switch
                {
                    "1.2.840.10045.3.1.7" => "P-256",
                    "1.3.132.0.34" => "P-384",
                    "1.3.132.0.35" => "P-521",
                    Secp256k1 => "secp256k1",
                    "1.3.101.112" or "1.3.6.1.4.1.11591.15.1" => "Ed25519", // RFC 8410; and GnuPG's, which older tokens write
                    _ => "",
                },
                (int)UniversalTagNumber.PrintableString =>
                    AsnDecoder.ReadCharacterString(parameters, AsnEncodingRules.BER, UniversalTagNumber.PrintableString, out _) switch
                    {
                        "edwards25519" or "Ed25519" or "ed25519" => "Ed25519",
                        "secp256r1" or "prime256v1" or "P-256" => "P-256",
                        "secp384r1" or "P-384" => "P-384",
                        "secp521r1" or "P-521" => "P-521",
                        "secp256k1" => "secp256k1",
                        _ => "",
                    },
                _ => "",
            };
        }
        catch (AsnContentException)
        {
            return "";
        }
    }

    public static ECCurve Named(string curve) => curve switch
    {
        "P-256" => ECCurve.NamedCurves.nistP256,
        "P-384" => ECCurve.NamedCurves.nistP384,
        "secp256k1" => ECCurve.CreateFromValue(Secp256k1),
        _ => ECCurve.NamedCurves.nistP521,
    };

    private static byte[] Oid(string value)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteObjectIdentifier(value);
        return writer.Encode();
    }

    private static byte[] Name(string value)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteCharacterString(UniversalTagNumber.PrintableString, value);
        return writer.Encode();
    }
}
