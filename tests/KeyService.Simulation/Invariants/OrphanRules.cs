using KeyService.Server.Rotation;
using KeyService.Simulation.Replicas;

namespace KeyService.Simulation.Invariants;

/// <summary>Looks at every key that the search for orphans suspects: one that is recorded, or about to be, must never be among them.</summary>
internal sealed class OrphanRules(World world)
{
    public int Suspected { get; private set; }

    public void Found(Orphan orphan, Replica replica)
    {
        Suspected++;
        var isRecorded = world.Store.All.Any(keySet =>
            keySet.Keys.Any(key => key.Provider == orphan.Provider && key.Handle == orphan.Handle && key.Dates.Erased is null)
            || keySet.Intents.Any(intent => intent.Label(keySet.Name) == orphan.Label));
        if (isRecorded)
            world.Findings.Break("an orphan is what no key set knows of", $"{replica.Name} suspects {world.Label(orphan.Label)} of {orphan.Provider}");
    }
}
