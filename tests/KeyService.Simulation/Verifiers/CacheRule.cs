namespace KeyService.Simulation.Verifiers;

/// <summary>How a kind of verifier caches a JWKS.</summary>
/// <param name="Life">How long it keeps one; null where it obeys the served max-age.</param>
/// <param name="Cooldown">How long after a fetch an unknown kid leads to no further one; null where it never does.</param>
/// <param name="Ahead">How long before the end of its cache it fetches anew.</param>
internal sealed record CacheRule(string Name, TimeSpan? Life, TimeSpan? Cooldown, TimeSpan Ahead)
{
    /// <summary>
    /// Those that the product promises to serve, where the propagation is 10 minutes at the least. The first is the strictest: it
    /// learns of a key in no other way than by the age of its cache. The others keep longer than they are told to, and are
    /// served because they come back for a kid that they do not know, sooner than within the propagation.
    /// </summary>
    public static IReadOnlyList<CacheRule> Promised { get; } =
    [
        new("max-age", Life: null, Cooldown: null, TimeSpan.Zero),
        new(".NET ConfigurationManager", TimeSpan.FromHours(12), TimeSpan.FromMinutes(5), TimeSpan.Zero),
        new("jose", TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(30), TimeSpan.Zero),
        new("nimbus", TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30)),
        new("kube-apiserver", TimeSpan.FromDays(365), TimeSpan.Zero, TimeSpan.Zero),
    ];

    /// <summary>Not served by any promise: keeps for longer than the propagation and never comes back early.</summary>
    public static CacheRule Heedless { get; } = new("heedless", TimeSpan.FromHours(1), Cooldown: null, TimeSpan.Zero);
}
