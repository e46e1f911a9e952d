using KeyService.Core.Keys;
using KeyService.Core.Signing;

namespace KeyService.Core.Recovery;

/// <summary>A key that is to be published again.</summary>
/// <param name="PublicKey">That of <paramref name="Found"/>.</param>
/// <param name="Kid">That of <paramref name="Found"/>.</param>
/// <param name="Place">Where it stood in the JWKS; null where there is none, or it is not in it.</param>
/// <param name="AskedFor">When it was asked for; null where that is not known, and for keys older than such labels.</param>
internal sealed record Candidate(FoundKey Found, Jwk PublicKey, string Kid, SigningAlgorithm Algorithm, int? Place, DateTimeOffset? AskedFor)
{
    public bool BelongsTo(Signer signer) => signer.Algorithm == Algorithm && signer.Provider == Found.Provider;

    public Key With(KeyDates dates, string? reason) => new()
    {
        Kid = Kid,
        Algorithm = Algorithm,
        Provider = Found.Provider,
        Handle = Found.Handle,
        Label = Found.Label,
        PublicKey = PublicKey,
        Dates = dates,
        Reason = reason,
    };
}
