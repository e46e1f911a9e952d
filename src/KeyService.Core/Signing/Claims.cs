namespace KeyService.Core.Signing;

/// <summary>
/// What the service must know of a JWT's claims (RFC 7519 §4.1) to decide whether to sign them. The claims themselves are
/// signed as they came, byte for byte.
/// </summary>
public readonly record struct Claims
{
    /// <summary>How deep the claims may nest; the claims object itself is level 1.</summary>
    public const int MaxDepth = 16;

    /// <summary>The request field that holds the claims; a claim's own field is <c>claims_json.exp</c> and so on.</summary>
    internal const string Field = "claims_json";

    /// <summary><c>iss</c>.</summary>
    public string? Issuer { get; init; }

    /// <summary><c>exp</c>, rounded up to a whole second: never earlier than what a verifier may read in it.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary><c>nbf</c>.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary><c>iat</c>.</summary>
    public DateTimeOffset? IssuedAt { get; init; }

    /// <summary>
    /// Reads the claims: one JSON object (RFC 8259) in UTF-8 without BOM, in which no object has two members of one name, at
    /// most <see cref="MaxDepth"/> deep, with <c>exp</c> and with the registered claims in their types: <c>iss</c>,
    /// <c>sub</c>, <c>jti</c> strings, <c>aud</c> a string or an array of strings, <c>exp</c>, <c>nbf</c>, <c>iat</c>
    /// numbers from 0 and before the year 10000.
    /// </summary>
    /// <param name="utf8">Its length is for the caller to limit.</param>
    /// <exception cref="KeyServiceException">
    /// InvalidArgument for <c>claims_json</c> where it is no such JSON; ClaimsRejected for <c>claims_json.exp</c> and so on
    /// where a registered claim is missing or of another type.
    /// </exception>
    public static Claims Read(ReadOnlySpan<byte> utf8) => ClaimsReader.Read(utf8);

    /// <summary>Checks that a token with these claims is alive now and dead by <paramref name="latestExpiry"/>.</summary>
    /// <param name="latestExpiry">Until when the signing key stays published at least, less the clocks' skew.</param>
    /// <exception cref="KeyServiceException">ClaimsRejected for the claim at fault.</exception>
    public void CheckLifetime(DateTimeOffset now, DateTimeOffset latestExpiry)
    {
        if (ExpiresAt <= now)
            throw Rejected("exp", "lies in the past");

        if (ExpiresAt > latestExpiry)
            throw Rejected("exp", $"is later than {latestExpiry.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}, the latest that this key set may sign now");

        if (NotBefore >= ExpiresAt)
            throw Rejected("nbf", "is not before exp: the token would never be valid");

        if (IssuedAt >= ExpiresAt)
            throw Rejected("iat", "is not before exp");
    }

    internal static KeyServiceException Rejected(string claim, string fault) =>
        new(KeyServiceError.ClaimsRejected, $"The claim {claim} {fault}.") { Field = $"{Field}.{claim}" };
}
