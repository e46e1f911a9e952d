using KeyService.Core.Keys;
using KeyService.Core.Storage;

namespace KeyService.Simulation.Planted;

/// <summary>Mistakes that planner, recovery, publication, store and provider could have; the simulation must find each.</summary>
internal static class Bugs
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <summary>Each with the rules by which it may be found.</summary>
    public static IReadOnlyList<(Bug Bug, string[] Rules)> All { get; } =
    [
        (new Bug { Name = "a successor activates after half of the propagation", Save = (before, after) => Each(before, after, HurryUp) },
            ["no signature before the propagation is over"]),
        (new Bug { Name = "a key is unpublished a minute after its last signature", Save = (_, after) => Dates(after, dates =>
                dates.Deactivates is { } end && dates.Unpublishes > end + Minute ? dates with { Unpublishes = end + Minute } : dates) },
            ["every token verifies for its whole life", "a set stays published while its tokens live"]),
        (new Bug { Name = "a key is unpublished one clock skew too early", Save = (_, after) => Dates(after, dates =>
                dates.Unpublishes > dates.Deactivates ? dates with { Unpublishes = dates.Unpublishes - World.ClockSkew } : dates) },
            ["every token verifies for its whole life", "a set stays published while its tokens live"]),
        (new Bug { Name = "a key is destroyed when it stops signing", Save = (_, after) => Dates(after, dates => dates with { Destroys = dates.Deactivates }) },
            ["no key is destroyed while it is published", "the JWKS is what the plan says"]),
        (new Bug { Name = "the predecessor gets no end", Save = (_, after) => Dates(after, dates =>
                dates with { Deactivates = null, Unpublishes = null, Destroys = null }) },
            ["one active key"]),
        (new Bug { Name = "the predecessor ends before its successor begins", Save = (_, after) => Dates(after, dates =>
                dates.Deactivates > dates.Activates + Minute ? dates with { Deactivates = dates.Deactivates - TimeSpan.FromSeconds(1) } : dates) },
            ["one active key"]),
        (new Bug { Name = "promises of a longer token life are forgotten", RecordsNothing = true, Save = (_, after) => Dates(after, dates => dates with { TokensUntil = null }) },
            ["every token verifies for its whole life", "a set stays published while its tokens live"]),
        (new Bug { Name = "a replica that has lost the store is not reckoned with", Save = (_, after) => Dates(after, dates =>
                dates with { Unpublishes = Sooner(dates.Unpublishes, dates.Deactivates + after.Policy.MaxTokenLifetime + (3 * World.ClockSkew)) }) },
            ["every token verifies for its whole life", "a set stays published while its tokens live"]),
        (new Bug { Name = "caches of an earlier, longer propagation are forgotten", Save = (_, after) => after with { CachesUntil = null } },
            ["every token verifies for its whole life"]),
        (new Bug { Name = "what was signed is not recorded", Save = (_, after) => Dates(after, dates => dates with { SignedUntil = null }) },
            ["what was signed is recorded"]),
        (new Bug { Name = "the intent is not saved first", Save = (before, after) => before is null ? after : after with { Intents = [] } },
            ["a rotation that succeeded made its key"]),
        (new Bug { Name = "a key is made under another label each time", Label = (label, made) => $"{label}.{made}" },
            ["no key without record"]),
        (new Bug { Name = "requests are forgotten when their key is made", Save = (before, after) => after.Intents.Length < before?.Intents.Length ? after with { Requests = [] } : after },
            ["one request makes one key"]),
        (new Bug { Name = "changes of sets with a revoked key are not read", Read = Blind },
            ["a revoked key stops signing", "a revoked key is unpublished", "signing works or says why not"]),
        (new Bug { Name = "max-age passes the next change", MaxAge = _ => TimeSpan.FromMinutes(5) },
            ["max-age ends with the next change"]),
        (new Bug { Name = "each replica has its own entity tag", ETag = (published, replica) => $"{published.ETag}{replica}" },
            ["replicas publish equal bytes"]),
        (new Bug { Name = "keys are published newest first", Served = kids => [.. kids.Reverse()] },
            ["the JWKS is what the plan says"]),
        (new Bug { Name = "a set of one key is published empty", Served = kids => kids.Count == 1 ? [] : kids },
            ["no empty set is published"]),
        (new Bug { Name = "the provider makes one key twice", ReusesKeys = true },
            ["a kid is never used again", "no intent is left", "a change works or says why not"]),
        (new Bug { Name = "destruction is recorded and not done", DestroysNothing = true },
            ["what is recorded as destroyed is gone", "no key without record"]),
        (new Bug { Name = "saves do not compare the revision", IgnoresRevisions = true },
            ["revisions follow each other", "no key is forgotten"]),
        (new Bug { Name = "tokens outlive the policy", SignsAnyExpiry = true },
            ["every token verifies for its whole life", "a set stays published while its tokens live"]),
    ];

    private static KeySet Dates(KeySet keySet, Func<KeyDates, KeyDates> change) => keySet with
    {
        Keys = [.. keySet.Keys.Select(key => key.Dates.Compromised is null ? key with { Dates = change(key.Dates) } : key)],
    };

    private static DateTimeOffset? Sooner(DateTimeOffset? one, DateTimeOffset? other) => other < one ? other : one;

    private static KeySet Each(KeySet? before, KeySet after, Func<KeySet, Key, KeySet> change) => after.Keys
        .Where(key => before is not null && before.Keys.All(other => other.Kid != key.Kid))
        .Aggregate(after, change);

    /// <summary>Moves the activation of a new key, and with it the end of its predecessor.</summary>
    private static KeySet HurryUp(KeySet keySet, Key made)
    {
        var planned = made.Dates.Activates;
        var hurried = made.Dates.Published + ((planned - made.Dates.Published) / 2);
        return keySet with
        {
            Keys = [.. keySet.Keys.Select(key => key.Provider != made.Provider ? key
                : key.Kid == made.Kid ? key with { Dates = key.Dates with { Activates = hurried } }
                : key.Dates.Deactivates == planned && key.Dates.Activates < hurried ? key with { Dates = key.Dates with { Deactivates = hurried } }
                : key)],
        };
    }

    private static StoreChanges Blind(StoreChanges changes) =>
        changes with { Saved = [.. changes.Saved.Where(set => set.Keys.All(key => key.Dates.Compromised is null))] };
}
