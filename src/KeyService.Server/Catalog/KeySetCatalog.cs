using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Core.Storage;

namespace KeyService.Server.Catalog;

/// <summary>
/// Every key set as it was last seen, in memory: what signing and publishing read. Reads take no lock and never touch the
/// store; <see cref="RefreshAsync"/> brings in what other processes changed.
/// </summary>
internal sealed class KeySetCatalog(IKeySetStore store, KeyProviders providers, Staleness staleness) : IDisposable
{
    private readonly ConcurrentDictionary<string, KeySetSnapshot> _sets = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _refreshing = new(1, 1);
    private readonly Lock _applying = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _position;

    /// <summary>All key sets, in no order.</summary>
    public IEnumerable<KeySetSnapshot> All => _sets.Values;

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
        staleness.ThrowIfTooOld(snapshot);
        return snapshot;
    }

    /// <exception cref="KeyServiceException">KeySetNotFound.</exception>
    public KeySetSnapshot Get(string name) => TryGet(name, out var snapshot)
        ? snapshot
        : throw new KeyServiceException(KeyServiceError.KeySetNotFound, $"There is no key set '{name}'.") { Field = "key_set" };

    /// <summary>Reads what changed in the store since the last time.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _refreshing.WaitAsync(cancellationToken);
        try
        {
            var began = staleness.Begin();
            var changes = await store.ReadChangesAsync(_position, cancellationToken);
            foreach (var keySet in changes.Saved)
                Apply(keySet);
            foreach (var name in changes.Removed)
                Remove(name);
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

    private void SignalChange() =>
        Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
}
