using System.Buffers.Text;
using KeyService.Core.Keys;
using KeyService.Core.Providers;
using KeyService.Providers.Azure.Protocol;

namespace KeyService.Providers.Azure.Keys;

/// <summary>Believes nothing that the vault has not confirmed about a key, and reads its public half.</summary>
internal static class PublicKeys
{
    /// <exception cref="Core.KeyServiceException">ProviderRejected: the key is not what was asked for, or is not kept as it must be.</exception>
    public static void Check(KeyBundle bundle, KeySpec spec, bool hardwareKeys)
    {
        var kind = KeyKind.For(spec);
        if (bundle.Attributes is { NotBefore: not null } or { Expires: not null })
            throw Failures.Rejected("The vault gave the key dates of its own, so it would stop signing unplanned. Exempt it from the vault's rotation policy.");
        if (bundle.Attributes is { Exportable: true })
            throw Failures.Rejected("The vault holds the key as exportable.");
        if (!kind.IsNamed(bundle.Key?.KeyType, hardwareKeys))
            throw Failures.Rejected(hardwareKeys ? "The vault does not hold the key in hardware." : "The label holds a key of another type than was asked for.");
        if (bundle.Key?.Curve != kind.Curve || (kind.KeySize is { } bits && Decode(bundle.Key?.Modulus).Length * 8 != bits))
            throw Failures.Rejected("The label holds a key of another curve or length than was asked for.");
    }

    /// <summary>DER SubjectPublicKeyInfo. What it holds is checked: it is published.</summary>
    /// <exception cref="FormatException">It is no valid public key.</exception>
    public static byte[] Read(VaultKeyBody key)
    {
        var jwk = key switch
        {
            { KeyType: "RSA" or "RSA-HSM" } => new Jwk { KeyType = "RSA", Modulus = Number(key.Modulus), Exponent = Number(key.Exponent) },
            { KeyType: "EC" or "EC-HSM" } => Ec(key),
            _ => throw new FormatException("The key is neither RSA nor EC."),
        };
        return jwk.ToSubjectPublicKeyInfo();
    }

    private static Jwk Ec(VaultKeyBody key)
    {
        var (curve, field) = key.Curve switch
        {
            "P-256" => ("P-256", 32),
            "P-384" => ("P-384", 48),
            "P-521" => ("P-521", 66),
            "P-256K" => ("secp256k1", 32), // RFC 8812 §3.1
            _ => throw new FormatException("The curve is not one of ours."),
        };
        return new Jwk { KeyType = "EC", Curve = curve, X = Coordinate(key.X, field), Y = Coordinate(key.Y, field) };
    }

    /// <summary>Full width, whether or not the vault kept leading zeros.</summary>
    private static string Coordinate(string? text, int width)
    {
        var bytes = Decode(text).AsSpan().TrimStart((byte)0);
        if (bytes.Length > width)
            throw new FormatException("A coordinate is wider than its curve.");
        Span<byte> full = stackalloc byte[width];
        full.Clear();
        bytes.CopyTo(full[(width - bytes.Length)..]);
        return Base64Url.EncodeToString(full);
    }

    private static string Number(string? text) => Base64Url.EncodeToString(Decode(text).AsSpan().TrimStart((byte)0));

    /// <summary>Empty where it is missing or not base64url; the JWK refuses that.</summary>
    private static byte[] Decode(string? text) => text is not null && Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : [];
}
