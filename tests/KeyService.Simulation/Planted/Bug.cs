using KeyService.Core.Keys;
using KeyService.Core.Storage;
using KeyService.Server.Catalog;

namespace KeyService.Simulation.Planted;

/// <summary>A fault of the product, planted at one of the seams between the real classes and the simulation; none by default.</summary>
internal sealed record Bug
{
    public string Name { get; init; } = "none";

    /// <summary>Alters what is saved: the version before, null for a new set, and the one that the product made.</summary>
    public Func<KeySet?, KeySet, KeySet> Save { get; init; } = (_, after) => after;

    /// <summary>Alters what a refresh reads.</summary>
    public Func<StoreChanges, StoreChanges> Read { get; init; } = changes => changes;

    /// <summary>Alters the label under which a key is made, given how many were made before.</summary>
    public Func<string, int, string> Label { get; init; } = (label, _) => label;

    /// <summary>Alters the max-age that is served.</summary>
    public Func<TimeSpan, TimeSpan> MaxAge { get; init; } = maxAge => maxAge;

    /// <summary>Alters the entity tag, given the replica's name.</summary>
    public Func<PublishedJwks, string, string> ETag { get; init; } = (published, _) => published.ETag;

    /// <summary>Alters the keys that are served.</summary>
    public Func<IReadOnlyList<string>, IReadOnlyList<string>> Served { get; init; } = kids => kids;

    /// <summary>A provider that makes one key again and again.</summary>
    public bool ReusesKeys { get; init; }

    /// <summary>A provider that says a key is gone and keeps it.</summary>
    public bool DestroysNothing { get; init; }

    /// <summary>A store that saves without a look at the revision.</summary>
    public bool IgnoresRevisions { get; init; }

    /// <summary>Signs claims without a look at their expiry.</summary>
    public bool SignsAnyExpiry { get; init; }

    /// <summary>No replica records what it signed, which would make up for what a plan lacks.</summary>
    public bool RecordsNothing { get; init; }

    /// <summary>The verifiers are those that caches obey, and one that obeys nothing besides.</summary>
    public bool HasHeedlessVerifier { get; init; }
}
