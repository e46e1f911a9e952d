using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Server.Catalog;
using KeyService.Simulation.Replicas;
using KeyService.Simulation.Verifiers;

namespace KeyService.Simulation.Invariants;

/// <summary>Serves the JWKS as the endpoint does and looks at every answer: its keys, their order, its entity tag, its max-age.</summary>
internal sealed class PublishingRules(World world)
{
    private readonly Dictionary<(string, DateTimeOffset, long, string), string> _tags = [];

    public int Answers { get; private set; }

    /// <summary>Null where the replica has no such set to publish.</summary>
    public ServedJwks? Read(Replica replica, string set)
    {
        PublishedJwks published;
        try
        {
            published = replica.Jwks.Read(set).Jwks;
        }
        catch (KeyServiceException e) when (e.Error is KeyServiceError.KeySetNotFound or KeyServiceError.NoActiveKey)
        {
            return null;
        }

        Answers++;
        var now = replica.Clock.GetUtcNow();
        var keySet = replica.Catalog.Get(set).KeySet;
        var kids = world.Bug.Served([.. published.Keys.Select(key => key.Kid)]);
        var maxAge = TimeSpan.FromSeconds(Math.Floor(world.Bug.MaxAge(published.MaxAgeAt(now, world.Settings.Jwks)).TotalSeconds)); // the header has whole seconds
        CheckKeys(replica, keySet, kids, now);
        CheckTag(replica, keySet, kids, world.Bug.ETag(published, replica.Name));
        CheckAge(replica, keySet, maxAge, now);
        return new ServedJwks(world.Now, maxAge, kids);
    }

    private void CheckKeys(Replica replica, KeySet keySet, IReadOnlyList<string> kids, DateTimeOffset now)
    {
        if (kids.Count == 0)
            Break("no empty set is published", $"{replica.Name} serves {keySet.Name}");
        var expected = keySet.Keys
            .Where(key => key.Dates is { Compromised: null, Erased: null } && !(key.Dates.Unpublishes <= now))
            .OrderBy(key => key.Dates.Published).ThenBy(key => key.Kid, StringComparer.Ordinal).Select(key => key.Kid);
        if (!expected.SequenceEqual(kids))
            Break("the JWKS is what the plan says", $"{replica.Name} serves {string.Join(' ', kids.Select(World.Short))}, the plan is {world.Describe(keySet)}");
        foreach (var kid in kids)
        {
            if (world.Ledger.FindByKid(kid) is { Revoked: { } revoked } && world.Now - revoked > World.Staleness)
                Break("a revoked key is unpublished", $"{replica.Name} serves {World.Short(kid)} {world.Now - revoked} after its revocation");
        }
    }

    private void CheckTag(Replica replica, KeySet keySet, IReadOnlyList<string> kids, string tag)
    {
        var version = (keySet.Name, keySet.Created, keySet.Revision, string.Join(' ', kids.Order(StringComparer.Ordinal)));
        if (!_tags.TryAdd(version, tag) && _tags[version] != tag)
            Break("replicas publish equal bytes", $"{replica.Name} serves {keySet.Name} revision {keySet.Revision} with {tag}, another had {_tags[version]}");
    }

    private void CheckAge(Replica replica, KeySet keySet, TimeSpan maxAge, DateTimeOffset now)
    {
        var settings = world.Settings.Jwks;
        var longest = keySet.Policy.Propagation / 2 < settings.MaxAge ? keySet.Policy.Propagation / 2 : settings.MaxAge;
        if (maxAge > longest)
            Break("max-age leaves half of the propagation", $"{replica.Name} serves {keySet.Name} with {maxAge}");
        var next = keySet.Keys
            .Where(key => key.Dates is { Compromised: null, Erased: null })
            .SelectMany(key => new[] { key.Dates.Activates, key.Dates.Deactivates, key.Dates.Unpublishes })
            .Where(instant => instant > now).Min();
        if (next - now < maxAge && maxAge > settings.MinAge)
            Break("max-age ends with the next change", $"{replica.Name} serves {keySet.Name} with {maxAge}, its next change is in {next - now}");
    }

    private void Break(string rule, string text) => world.Findings.Break(rule, text);
}
