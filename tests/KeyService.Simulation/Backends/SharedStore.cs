using KeyService.Core.Keys;
using KeyService.Core.Storage;

namespace KeyService.Simulation.Backends;

/// <summary>The one store of all replicas. It keeps the same bytes as a real one: what is read has gone through the document format.</summary>
internal sealed class SharedStore
{
    private readonly SortedDictionary<string, (long Change, KeySet? KeySet)> _sets = new(StringComparer.Ordinal);
    private long _change;

    /// <summary>Called at each save with the version before, null for a new set, and the one after.</summary>
    public Action<KeySet?, KeySet> Saved { get; set; } = (_, _) => { };

    /// <summary>Planted: saves without a look at the revision.</summary>
    public bool IgnoresRevisions { get; set; }

    public IEnumerable<KeySet> All => _sets.Values.Select(set => set.KeySet).OfType<KeySet>();

    public KeySet? Find(string name) => _sets.GetValueOrDefault(name).KeySet;

    public StoreChanges ReadChanges(long position)
    {
        var changed = _sets.Where(set => set.Value.Change > position).ToArray();
        return new StoreChanges(
            _change, [.. changed.Select(set => set.Value.KeySet).OfType<KeySet>()], [.. changed.Where(set => set.Value.KeySet is null).Select(set => set.Key)]);
    }

    public bool TrySave(KeySet keySet)
    {
        var present = Find(keySet.Name);
        var fits = present is null ? keySet.Revision == 1 : present.Revision == keySet.Revision - 1 && present.Created == keySet.Created;
        if (!fits && !(IgnoresRevisions && present is not null && keySet.Revision > 1))
            return false;
        var kept = KeySetDocument.Read(keySet.Name, KeySetDocument.Write(keySet));
        _sets[keySet.Name] = (++_change, kept);
        Saved(present, kept);
        return true;
    }

    public bool TryRemove(string name, long revision)
    {
        if (Find(name)?.Revision != revision)
            return false;
        _sets[name] = (++_change, null);
        return true;
    }
}
