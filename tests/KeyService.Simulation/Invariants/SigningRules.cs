using KeyService.Core.Providers;
using KeyService.Simulation.Replicas;

namespace KeyService.Simulation.Invariants;

/// <summary>Looks at every signature in the step in which its key was chosen: it is old enough, not revoked, and not past its end.</summary>
internal sealed class SigningRules(World world)
{
    /// <summary>The longest that a replica went on with a key after it was revoked.</summary>
    public TimeSpan WorstRevocation { get; private set; }

    /// <summary>Signatures of replicas that did not know yet of a plan that had taken effect.</summary>
    public int Overtaken { get; private set; }

    public void Asked(KeyHandle handle, Replica replica)
    {
        if (ClientCall.Current is not { } call)
            return; // the probe of a new key
        if (world.Ledger.FindByHandle(handle.Value) is not { } record)
        {
            world.Findings.Break("only recorded keys sign", $"{replica.Name} signs with {handle}");
            return;
        }

        var known = record.Saved + record.Propagation - (2 * World.Skew) - World.LongestSave;
        if (!record.IsExempt && world.Now < known)
            world.Findings.Break("no signature before the propagation is over", $"{replica.Name} signs with {World.Short(record.Kid)} {known - world.Now} too early");
        CheckRevocation(record, replica);
        CheckEnd(record, replica, call);
    }

    private void CheckRevocation(KeyRecord record, Replica replica)
    {
        if (record.Revoked is not { } revoked)
            return;
        var late = world.Now - revoked;
        WorstRevocation = late > WorstRevocation ? late : WorstRevocation;
        if (late > World.Staleness)
            world.Findings.Break("a revoked key stops signing", $"{replica.Name} signs with {World.Short(record.Kid)} {late} after its revocation");
    }

    /// <summary>
    /// A replica that has not read the latest plan goes on by the one before, but not for ever. What it signs meanwhile must verify like
    /// anything else.
    /// </summary>
    private void CheckEnd(KeyRecord record, Replica replica, ClientCall call)
    {
        var now = call.BeganAt + replica.Skew; // the key was chosen then, perhaps as the second home after a first one that kept silent
        var stored = world.Store.Find(record.Set);
        var isOvertaken = record.Key.Dates.Deactivates <= now
            || (replica.Catalog.TryGet(record.Set, out var known) && known.KeySet.Policy != stored?.Policy);
        if (!isOvertaken)
            return;
        Overtaken++;
        var learnt = record.EndPlanned > world.Ledger.PolicyChanged(record.Set) ? record.EndPlanned : world.Ledger.PolicyChanged(record.Set);
        if (world.Now - learnt > World.Staleness)
            world.Findings.Break("no replica acts on an old plan", $"{replica.Name} signs with {World.Short(record.Kid)}, whose end was planned {world.Now - record.EndPlanned} ago");
    }
}
