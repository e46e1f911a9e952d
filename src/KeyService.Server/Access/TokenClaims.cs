using System.Text.Json;

namespace KeyService.Server.Access;

/// <summary>A bearer token's claims as the policy compares them: texts and lists of texts, numbers and flags as they are written. Objects are left out.</summary>
internal static class TokenClaims
{
    public static readonly IReadOnlyDictionary<string, IReadOnlyList<string>> None = new Dictionary<string, IReadOnlyList<string>>();

    public static Dictionary<string, IReadOnlyList<string>> Read(JsonElement claims)
    {
        var read = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var claim in claims.EnumerateObject())
        {
            read[claim.Name] = claim.Value.ValueKind == JsonValueKind.Array
                ? [.. claim.Value.EnumerateArray().Select(TextOf).OfType<string>()]
                : TextOf(claim.Value) is { } text ? [text] : [];
        }

        return read;
    }

    private static string? TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => null,
    };
}
