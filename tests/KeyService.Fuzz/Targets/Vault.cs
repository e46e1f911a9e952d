using System.Text;
using System.Text.Json;
using KeyService.Core.Keys;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Providers.Azure.Authentication;
using KeyService.Providers.Azure.Keys;
using KeyService.Providers.Azure.Protocol;
using VaultPublicKeys = KeyService.Providers.Azure.Keys.PublicKeys;

namespace KeyService.Fuzz.Targets;

/// <summary>What a vault answers: keys, and what token it wants.</summary>
internal static class Vault
{
    private static readonly Uri Address = new("https://a.vault.azure.net/");

    public static IReadOnlyList<byte[]> Answers { get; } =
    [
        .. ExampleKeys.All.Where(key => key.Key.KeyType is "EC" or "RSA").Select(key => Encoding.UTF8.GetBytes($$$"""
            {"key":{"kid":"https://a.vault.azure.net/keys/n/0123456789abcdef0123456789abcdef","kty":"{{{key.Key.KeyType}}}","key_ops":["sign","verify"],"crv":{{{Text(key.Key.Curve == "secp256k1" ? "P-256K" : key.Key.Curve)}}},"x":{{{Text(key.Key.X)}}},"y":{{{Text(key.Key.Y)}}},"n":{{{Text(key.Key.Modulus)}}},"e":{{{Text(key.Key.Exponent)}}}},"attributes":{"enabled":true,"created":1763812800,"exportable":false},"tags":{"keyservice":"l"}}
            """)),
    ];

    public static IReadOnlyList<byte[]> Challenges { get; } =
    [
        .. new[]
        {
            "Bearer authorization=\"https://login.microsoftonline.com/0f0f\", resource=\"https://vault.azure.net\"",
            "Bearer authorization_uri=\"https://login.windows.net/common\", scope=\"https://vault.azure.net/.default\", claims=\"eyJ9\", error=\"insufficient_claims\"",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    public static bool TakeAnswer(byte[] input)
    {
        if (JsonSerializer.Deserialize(input, VaultJson.Default.KeyBundle) is not { } bundle)
            return false;
        if (!KeyUrl.TryParseKid(bundle.Key?.KeyId, out _) || bundle.Key is not { } key)
            return false;
        foreach (var algorithm in (ReadOnlySpan<SigningAlgorithm>)[SigningAlgorithm.ES256, SigningAlgorithm.ES512, SigningAlgorithm.RS256])
            IsFit(bundle, algorithm);
        var info = VaultPublicKeys.Read(key);
        Rule.Same(info, Jwk.FromSubjectPublicKeyInfo(info).ToSubjectPublicKeyInfo(), "a vault's key is encoded otherwise than it is published");
        return true;
    }

    public static bool TakeChallenge(byte[] input)
    {
        if (BearerChallenge.Parse(Encoding.Latin1.GetString(input)) is not { } challenge)
            return false;
        if (challenge.MayBeAnswered(Address, pinned: null))
            Rule.Holds(new Uri(challenge.Scope) is { Scheme: "https", Host.Length: > 0 } scope && Address.Host.EndsWith($".{scope.Host}", StringComparison.OrdinalIgnoreCase), "a token would be sent into another domain");
        return true;
    }

    private static void IsFit(KeyBundle bundle, SigningAlgorithm algorithm)
    {
        try
        {
            VaultPublicKeys.Check(bundle, new KeySpec(algorithm, algorithm.KeyType == "RSA" ? 2048 : 0), hardwareKeys: false);
        }
        catch (Core.KeyServiceException refusal) when (refusal.Error == Core.KeyServiceError.ProviderRejected)
        {
            // What most keys are told: they are of another kind than was asked for.
        }
    }

    private static string Text(string? value) => value is null ? "null" : $"\"{value}\"";
}
