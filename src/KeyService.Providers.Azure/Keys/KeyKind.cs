using System.Diagnostics.CodeAnalysis;
using KeyService.Core.Providers;
using KeyService.Core.Signing;

namespace KeyService.Providers.Azure.Keys;

/// <summary>A kind of key as the vault names it (Create Key, JsonWebKeyType and JsonWebKeyCurveName).</summary>
/// <param name="KeyType">Without hardware: <c>RSA</c> or <c>EC</c>.</param>
/// <param name="Curve">The vault's own name; secp256k1 is <c>P-256K</c> there.</param>
/// <param name="KeySize">Bits of the RSA modulus.</param>
internal sealed record KeyKind(string KeyType, string? Curve, int? KeySize)
{
    private const string HardwareSuffix = "-HSM";

    /// <summary>Each name of an algorithm that a vault signs with is also its JOSE name.</summary>
    public static bool Offers(SigningAlgorithm algorithm) => algorithm.KeyType == "RSA" || TryCurve(algorithm, out _);

    public static KeyKind For(KeySpec spec)
    {
        if (spec.Algorithm.KeyType == "RSA")
            return new KeyKind("RSA", null, spec.ModulusBits);
        return TryCurve(spec.Algorithm, out var curve) ? new KeyKind("EC", curve, null) : throw Failures.NotOffered(spec.Algorithm);
    }

    public string Name(bool inHardware) => inHardware ? KeyType + HardwareSuffix : KeyType;

    /// <summary>A key in hardware also does where none was asked for: it is only safer.</summary>
    public bool IsNamed(string? keyType, bool inHardware) => keyType == Name(inHardware: true) || (!inHardware && keyType == KeyType);

    private static bool TryCurve(SigningAlgorithm algorithm, [NotNullWhen(true)] out string? curve)
    {
        curve = algorithm.Name switch { "ES256" => "P-256", "ES384" => "P-384", "ES512" => "P-521", "ES256K" => "P-256K", _ => null };
        return curve is not null;
    }
}
