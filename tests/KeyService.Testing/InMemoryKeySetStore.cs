using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Core.Storage;

namespace KeyService.Testing;

/// <summary>
/// A fake store for tests of crashes and faults only: it can end the process before and after each save, and be away. What it
/// keeps are the same bytes as in a real one, so nothing survives here that would not survive there.
/// </summary>
public sealed class InMemoryKeySetStore(CrashPoints points) : IKeySetStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (long Change, byte[]? Document)> _sets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, byte[]?> _damaged = new(StringComparer.Ordinal);
    private long _change;

    /// <summary>True while every call is to fail with StoreUnavailable.</summary>
    public bool IsAway { get; set; }

    /// <summary>How many saves were made, removals not counted.</summary>
    public int Saves { get; private set; }

    /// <summary>Called after each read of one key set: tells a test how far its callers are.</summary>
    public Action Found { get; set; } = () => { };

    /// <summary>Saves something in place of a key set that nobody can read.</summary>
    public void Damage(string name)
    {
        lock (_lock)
        {
            _damaged.Add(name, _sets[name].Document);
            _sets[name] = (++_change, "{"u8.ToArray());
        }
    }

    /// <summary>Puts back what was there, as an operator does by hand: it does not count as a change.</summary>
    public void Mend(string name)
    {
        lock (_lock)
        {
            _damaged.Remove(name, out var document);
            _sets[name] = (_sets[name].Change, document);
        }
    }

    public Task PrepareAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task<KeySet?> FindAsync(string name, CancellationToken cancellationToken)
    {
        await ArriveAsync();
        KeySet? found;
        lock (_lock)
            found = Find(name);
        Found();
        return found;
    }

    public async Task<StoreChanges> ReadChangesAsync(long position, CancellationToken cancellationToken)
    {
        await ArriveAsync();
        lock (_lock)
        {
            var changed = _sets.Where(set => set.Value.Change > position).Select(set => set.Key).ToLookup(_damaged.ContainsKey);
            return new StoreChanges(_change, [.. changed[false].Select(Find).OfType<KeySet>()], [.. changed[false].Where(name => Find(name) is null)])
            {
                Unreadable = [.. changed[true].Select(name => new UnreadableKeySet(name, "damaged by a test"))],
            };
        }
    }

    public async Task<bool> TrySaveAsync(KeySet keySet, CancellationToken cancellationToken)
    {
        await ArriveAsync();
        points.Pass("before a save");
        var saved = TrySave(keySet);
        points.Pass("after a save");
        return saved;
    }

    public async Task<bool> TryRemoveAsync(string name, long revision, CancellationToken cancellationToken)
    {
        await ArriveAsync();
        points.Pass("before a removal");
        var removed = TryRemove(name, revision);
        points.Pass("after a removal");
        return removed;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private bool TrySave(KeySet keySet)
    {
        lock (_lock)
        {
            var present = Find(keySet.Name);
            if (present is null ? keySet.Revision != 1 : present.Revision != keySet.Revision - 1 || present.Created != keySet.Created)
                return false;
            _sets[keySet.Name] = (++_change, KeySetDocument.Write(keySet));
            Saves++;
            return true;
        }
    }

    private bool TryRemove(string name, long revision)
    {
        lock (_lock)
        {
            if (Find(name)?.Revision != revision)
                return false;
            _sets[name] = (++_change, null);
            return true;
        }
    }

    private KeySet? Find(string name) =>
        _sets.GetValueOrDefault(name).Document is { } document ? KeySetDocument.Read(name, document) : null;

    /// <summary>Lets others in between, as a real store would.</summary>
    private async Task ArriveAsync()
    {
        await Task.Yield();
        if (IsAway)
            throw new KeyServiceException(KeyServiceError.StoreUnavailable, "The store is away.");
    }
}
