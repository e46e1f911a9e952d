using KeyService.Core;

namespace KeyService.Simulation.Verifiers;

/// <summary>A resource server: caches the JWKS of each set by its rule, and must accept every token for the whole of its life.</summary>
internal sealed class Verifier(CacheRule rule, TimeSpan skew, World world)
{
    private readonly Dictionary<string, ServedJwks> _caches = new(StringComparer.Ordinal);

    public int Accepted { get; private set; }

    public int Excused { get; private set; }

    /// <summary>The last instant at which its clock says that the token lives.</summary>
    public DateTimeOffset LastInstant(Token token) => token.ExpiresAt - skew - TimeSpan.FromMilliseconds(1);

    public void Verify(Token token)
    {
        var record = world.Ledger.FindByKid(token.Kid)!; // it signed, so it was recorded: SigningRules looks at that
        if (world.Now + skew >= token.ExpiresAt || record.Revoked is not null)
            return;
        var cache = _caches.GetValueOrDefault(token.Set);
        if (cache is null || world.Now >= cache.FetchedAt + (rule.Life ?? cache.MaxAge) - rule.Ahead)
            cache = Fetch(token);
        if (cache is not null && !cache.Kids.Contains(token.Kid) && world.Now - cache.FetchedAt >= rule.Cooldown)
            cache = Fetch(token);
        if (cache is null)
            return; // no replica answered: that is an outage, and no token refused
        if (cache.Kids.Contains(token.Kid))
            Accepted++;
        else if (record.IsExempt && cache.FetchedAt <= record.Saved + World.Staleness)
            Excused++; // it signed at once, as it said; this cache is older
        else
            world.Findings.Break("every token verifies for its whole life", $"{rule.Name} (clock {skew.TotalSeconds:0.0} s) does not know {World.Short(token.Kid)} of a token of {token.Set}, signed {token.SignedAt:HH:mm:ss.fff} by {token.Replica}, expires {token.ExpiresAt:HH:mm:ss}; fetched {cache.FetchedAt:HH:mm:ss.fff}: {string.Join(' ', cache.Kids.Select(World.Short))}");
    }

    private ServedJwks? Fetch(Token token)
    {
        if (world.Weather.Happens(0.05) || world.ReadyReplica() is not { } replica)
            return null;
        ServedJwks? served;
        try
        {
            served = world.Publishing.Read(replica, token.Set);
        }
        catch (KeyServiceException e) when (e.Error == KeyServiceError.StoreUnavailable)
        {
            return null; // its catalog is too old
        }

        if (served is not null)
            _caches[token.Set] = served;
        else if (world.Now - token.SignedAt > World.Staleness)
            world.Findings.Break("a set stays published while its tokens live", $"{replica.Name} has no JWKS of {token.Set}, whose token of {World.Short(token.Kid)} lives until {token.ExpiresAt:HH:mm:ss}");
        return served;
    }
}
