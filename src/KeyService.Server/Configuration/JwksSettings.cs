namespace KeyService.Server.Configuration;

/// <summary>Section <c>Jwks</c>: how long the public keys may be cached.</summary>
/// <param name="MaxAge">Longest <c>max-age</c> that is served. 0 s to 1 day, default 5 min; halved propagation where that is less.</param>
/// <param name="MinAge">Shortest one near a planned change. 0 s to 1 min, default 5 s.</param>
/// <param name="MediaType">Content type of the JWKS where the caller has no wish: application/jwk-set+json (default) or application/json.</param>
internal sealed record JwksSettings(TimeSpan MaxAge, TimeSpan MinAge, string MediaType);
