using KeyService.Core.Keys;
using KeyService.Core.Storage;
using KeyService.Simulation.Planted;

namespace KeyService.Simulation.Backends;

/// <summary>The store as one replica sees it.</summary>
internal sealed class LossyStore(SharedStore store, Wire wire, Bug bug) : IKeySetStore
{
    public Task PrepareAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<KeySet?> FindAsync(string name, CancellationToken cancellationToken) => wire.CallAsync(() => store.Find(name), cancellationToken);

    public Task<StoreChanges> ReadChangesAsync(long position, CancellationToken cancellationToken) =>
        wire.CallAsync(() => bug.Read(store.ReadChanges(position)), cancellationToken);

    public Task<bool> TrySaveAsync(KeySet keySet, CancellationToken cancellationToken) =>
        wire.CallAsync(() => store.TrySave(bug.Save(store.Find(keySet.Name), keySet)), cancellationToken);

    public Task<bool> TryRemoveAsync(string name, long revision, CancellationToken cancellationToken) =>
        wire.CallAsync(() => store.TryRemove(name, revision), cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
