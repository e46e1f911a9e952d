using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Core.Storage;

namespace KeyService.Server.Catalog;

/// <summary>
/// Every key set as it was last seen, in memory: what signing and publishing read. Reads take no lock and never touch the
/// store; <see cref="RefreshAsync"/> brings in what other processes changed.
/// </summary>
internal sealed class KeySetCatalog(IKeySetStore store, KeyProviders providers, Staleness staleness, ILogger<KeySetCatalog> logger) : IDisposable
{
    private readonly ConcurrentDictionary<string, KeySetSnapshot> _sets = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _refreshing = new(1, 1);
    private readonly Lock _applying = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ImmutableDictionary<string, long> _unreadable = ImmutableDictionary<string, long>.Empty; // with when they last could be; changed while refreshing only
    private long _position;

    /// <summary>All key sets, in no order.</summary>
    public IEnumerable<KeySetSnapshot> All => _sets.Values;

    /// <summary>The key sets that are stored but cannot be read: they are used as they were until that is too old.</summary>
    public IEnumerable<string> Unreadable => Volatile.Read(ref _unreadable).Keys.Order(StringComparer.Ordinal);

    /// <summary>Completes at the next change of any key set. Take it before reading what is to be watched.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    public bool TryGet(string name, [NotNullWhen(true)] out KeySetSnapshot? snapshot) => _sets.TryGetValue(name, out snapshot);

    /// <summary>What signing and publishing go by.</summary>
    /// <exception cref="KeyServiceException">KeySetNotFound; StoreUnavailable where this copy is too old to go by, or to say that there is none.</exception>
    public KeySetSnapshot GetFresh(string name)
    {
        if (!_sets.ContainsKey(name))
            staleness.ThrowIfLate();
        var snapshot = Get(name);
        staleness.ThrowIfTooOld(snapshot, ReadAt(name));
        return snapshot;
    }

    public bool IsUnreadable(string name) => Volatile.Read(ref _unreadable).ContainsKey(name);

    /// <summary>Since when what is here of a key set may not be the present version any more.</summary>
    public TimeSpan AgeOf(string name) => staleness.AgeSince(ReadAt(name));

    /// <exception cref="KeyServiceException">KeySetNotFound; StoreUnavailable where there is one that was never read.</exception>
    public KeySetSnapshot Get(string name) => TryGet(name, out var snapshot)
        ? snapshot
        : throw (IsUnreadable(name)
            ? new KeyServiceException(KeyServiceError.StoreUnavailable, $"Key set '{name}' cannot be read from the store.") { IsTransient = false }
            : new KeyServiceException(KeyServiceError.KeySetNotFound, $"There is no key set '{name}'.") { Field = "key_set" });

    /// <summary>Reads what changed in the store since the last time.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _refreshing.WaitAsync(cancellationToken);
        try
        {
            var (before, began) = (staleness.ReadAt, staleness.Begin());
            var changes = await store.ReadChangesAsync(_position, cancellationToken);
            foreach (var keySet in changes.Saved)
                Apply(keySet);
            foreach (var name in changes.Removed)
                Remove(name);
            await NoteUnreadableAsync(changes, before, cancellationToken);
            _position = changes.Position;
            staleness.ReadSince(began);
        }
        finally
        {
            _refreshing.Release();
        }
    }

    /// <summary>Takes in a version that this process saved or read; an older one than the present is passed over.</summary>
    public void Apply(KeySet keySet)
    {
        lock (_applying)
        {
            // A set that was removed and made again starts at revision 1: then the creation tells which is the newer one.
            if (_sets.TryGetValue(keySet.Name, out var present)
                && (present.KeySet.Created, present.KeySet.Revision).CompareTo((keySet.Created, keySet.Revision)) >= 0)
                return;
            _sets[keySet.Name] = new KeySetSnapshot(keySet, present, providers, staleness);
        }

        SignalChange();
    }

    /// <summary>Takes out a key set that is gone for good.</summary>
    public void Remove(string name)
    {
        lock (_applying)
        {
            if (!_sets.TryRemove(name, out _))
                return;
        }

        SignalChange();
    }

    public void Dispose() => _refreshing.Dispose();

    private long ReadAt(string name) =>
        Volatile.Read(ref _unreadable) is { IsEmpty: false } unreadable && unreadable.TryGetValue(name, out var lastRead) ? lastRead : staleness.ReadAt;

    /// <param name="before">When the store was read before that: until then the copies of what has become unreadable were good.</param>
    private async Task NoteUnreadableAsync(StoreChanges changes, long before, CancellationToken cancellationToken)
    {
        var present = _unreadable.RemoveRange(changes.Saved.Select(keySet => keySet.Name).Concat(changes.Removed));
        foreach (var name in present.Keys.Except(changes.Unreadable.Select(unreadable => unreadable.Name), StringComparer.Ordinal))
        {
            if (await IsRepairedAsync(name, cancellationToken))
                present = present.Remove(name);
        }

        foreach (var unreadable in changes.Unreadable.Where(unreadable => !present.ContainsKey(unreadable.Name)))
        {
            Log.KeySetUnreadable(logger, unreadable.Name, unreadable.Fault);
            present = present.Add(unreadable.Name, before);
        }

        foreach (var name in _unreadable.Keys.Except(present.Keys, StringComparer.Ordinal))
            Log.KeySetReadable(logger, name);
        Volatile.Write(ref _unreadable, present);
    }

    /// <summary>Whoever mends a row by hand does not count it as a change, so the feed would never tell of it.</summary>
    private async Task<bool> IsRepairedAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            if (await store.FindAsync(name, cancellationToken) is { } keySet)
                Apply(keySet);
            else
                Remove(name);
            return true;
        }
        catch (KeyServiceException)
        {
            return false; // as before: it was logged then
        }
    }

    private void SignalChange() =>
        Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
}
