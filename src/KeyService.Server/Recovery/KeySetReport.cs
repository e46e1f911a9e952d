namespace KeyService.Server.Recovery;

/// <summary>What becomes of one key set.</summary>
/// <param name="Outcome"><c>planned</c>, <c>recovered</c>, <c>unchanged</c> or <c>refused</c>.</param>
/// <param name="Basis">Where its signers and its policy come from.</param>
/// <param name="ETag">Of the JWKS that would be served now; null where nothing is changed.</param>
internal sealed record KeySetReport(string Name, string Outcome, string Basis, string? ETag, IReadOnlyList<KeyReport> Keys, IReadOnlyList<string> Problems)
{
    public const string Planned = "planned";
    public const string Recovered = "recovered";
    public const string Unchanged = "unchanged";
    public const string Refused = "refused";
}
