using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Providers.Azure.Protocol;

namespace KeyService.Providers.Azure.Keys;

/// <summary>What a vault says of itself and its keys, for an operator.</summary>
internal static class VaultInspection
{
    private const string Unknown = "unknown";

    public static ProviderFacts Describe(AzureKeyVaultOptions options, VaultAnswer answer, DateTimeOffset now) => new()
    {
        Backend = new Dictionary<string, string>
        {
            ["vault"] = options.VaultUri?.AbsoluteUri ?? Unknown,
            ["region"] = answer.Region ?? Unknown,
            ["service version"] = answer.ServiceVersion ?? Unknown,
            ["protocol version"] = VaultClient.Version,
            ["new keys"] = options.HardwareKeys ? "in hardware" : "in software",
        },
        Mechanisms = [.. SigningAlgorithm.All.Where(KeyKind.Offers).Select(static algorithm => algorithm.Name).Order(StringComparer.Ordinal)],
        SignatureEncoding = "R‖S from the vault, passed on as it is",

        // Azure Key Vault service limits: https://learn.microsoft.com/azure/key-vault/general/service-limits
        Limits = new Dictionary<string, string> { ["transactions"] = "counted by the vault for each 10 s, by key type and size; it does not tell them" },
        ClockSkew = answer.Date - now,
    };

    public static IReadOnlyList<KeyEvidence> Evidence(KeyBundle bundle, bool hardwareKeys)
    {
        var type = bundle.Key?.KeyType ?? Unknown;
        bool? inside = type.EndsWith("-HSM", StringComparison.Ordinal) ? true : hardwareKeys ? false : null;
        return
        [
            new KeyEvidence("kty", type, inside),
            new KeyEvidence("exportable", Text(bundle.Attributes?.Exportable), bundle.Attributes?.Exportable != true), // absent means no (KeyAttributes)
        ];
    }

    private static string Text(bool? value) => value switch { null => Unknown, true => "true", false => "false" };
}
