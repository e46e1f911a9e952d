using KeyService.Core.Keys;
using KeyService.Core.Rotation;

namespace KeyService.Simulation.Invariants;

/// <summary>What must hold once nothing has gone wrong for some minutes: all is finished, and store and providers hold the same keys.</summary>
internal sealed class QuietRules(World world)
{
    /// <summary>What began so shortly ago may be on its way: the rotation period goes on in quiet times too.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMinutes(2);

    public void Check()
    {
        foreach (var keySet in world.Store.All)
        {
            if (keySet.Intents.Any(intent => (intent.GivenUp + RotationPlan.GivenUpFor ?? intent.Created) < world.Now - Moment))
                Break("no intent is left", $"{keySet.Name}: {world.Describe(keySet)}");
            var overdue = keySet.Keys.FirstOrDefault(key => key.Dates.Erased is null && key.Dates.Destroys < world.Now - World.Staleness);
            if (overdue is not null)
                Break("what is due is destroyed", $"{keySet.Name}: {World.Short(overdue.Kid)} was due at {overdue.Dates.Destroys:HH:mm:ss}");
            foreach (var key in keySet.Keys.Where(key => key.Dates is { Compromised: null, Erased: null }))
                CheckExpiries(key);
            foreach (var signer in keySet.Deleted is null ? keySet.Signers : [])
            {
                if (keySet.Keys.Count(key => signer.Owns(key) && IsActive(key)) != 1)
                    Break("one active key", $"{keySet.Name}, {signer.Provider}, when all is quiet: {world.Describe(keySet)}");
            }
        }

        foreach (var provider in world.Providers)
        {
            var recorded = world.Store.All.SelectMany(keySet => keySet.Keys)
                .Where(key => key.Provider == provider.Name && key.Dates.Erased is null)
                .ToDictionary(key => key.Handle);
            var orphan = provider.All.FirstOrDefault(held => !recorded.ContainsKey(held.Handle) && !IsBeingMade(held.Label));
            if (orphan is not null)
                Break("no key without record", $"{provider.Name} holds {world.Label(orphan.Label)}");
            var missing = recorded.Values.FirstOrDefault(key => !provider.Holds(key.Handle) && !IsBeingDestroyed(key));
            if (missing is not null)
                Break("no record without key", $"{provider.Name} does not hold {World.Short(missing.Kid)}");
        }

        foreach (var replica in world.Replicas)
        {
            if (!replica.IsReady)
                Break("every replica is up again", replica.Name);
            else
                CheckCatalog(replica);
        }
    }

    private void CheckCatalog(Replicas.Replica replica)
    {
        foreach (var keySet in world.Store.All.Where(keySet => world.Now - world.Ledger.LastSave(keySet.Name) > TimeSpan.FromMinutes(2)))
        {
            var known = replica.Catalog.TryGet(keySet.Name, out var snapshot) ? snapshot.KeySet.Revision : 0;
            if (known != keySet.Revision)
                Break("every replica knows the latest version", $"{replica.Name} has {keySet.Name} at {known}, the store at {keySet.Revision}");
        }
    }

    /// <summary>What a process that has died since had not recorded is lost; everything else is not.</summary>
    private void CheckExpiries(Key key)
    {
        var alive = world.Replicas.Select(replica => replica.Lane).ToHashSet();
        var largest = world.Ledger.FindByKid(key.Kid)?.Tokens
            .Where(token => token.SignedAt < world.Now - Moment && alive.Contains(token.Process)).Max(token => (DateTimeOffset?)token.ExpiresAt);
        if (largest > (key.Dates.SignedUntil ?? DateTimeOffset.MinValue) && !world.Bug.RecordsNothing)
            Break("what was signed is recorded", $"{World.Short(key.Kid)} signed until {largest:HH:mm:ss}, {key.Dates.SignedUntil:HH:mm:ss} is recorded");
    }

    private bool IsBeingMade(string label) =>
        world.Store.All.Any(keySet => keySet.Intents.Any(intent => intent.Label(keySet.Name) == label));

    private bool IsBeingDestroyed(Key key) => world.Store.All.Any(keySet =>
        keySet.Keys.Contains(key) && RotationPlan.DestructionOf(keySet, key) is { } due && due <= world.Now + World.Skew && due > world.Now - Moment);

    private bool IsActive(Key key) => key.Dates is { Compromised: null, Erased: null } && key.Dates.Activates <= world.Now && !(key.Dates.Deactivates <= world.Now);

    private void Break(string rule, string text) => world.Findings.Break(rule, text);
}
