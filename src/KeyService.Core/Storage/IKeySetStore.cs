using KeyService.Core.Keys;

namespace KeyService.Core.Storage;

/// <summary>
/// Keeps one document per key set, saved by compare-and-set on its revision. A failure of the store is a
/// <see cref="KeyServiceException"/> with StoreUnavailable, and then nothing was changed as far as the store can know.
/// </summary>
public interface IKeySetStore : IAsyncDisposable
{
    /// <summary>Makes or upgrades the schema. Safe to call from several processes at once.</summary>
    Task PrepareAsync(CancellationToken cancellationToken);

    /// <summary>The key set as it is now; null where there is none of this name.</summary>
    Task<KeySet?> FindAsync(string name, CancellationToken cancellationToken);

    /// <summary>
    /// What changed after <paramref name="position"/>; 0 asks for everything. Never misses a change, may repeat one. A document that cannot
    /// be read is named and keeps nobody from the others.
    /// </summary>
    Task<StoreChanges> ReadChangesAsync(long position, CancellationToken cancellationToken);

    /// <summary>
    /// Saves <paramref name="keySet"/>, whose revision is one more than that of the version it was made from.
    /// </summary>
    /// <returns>False where the stored revision is another one: someone else saved first, or the set is gone.</returns>
    Task<bool> TrySaveAsync(KeySet keySet, CancellationToken cancellationToken);

    /// <summary>Removes a key set for good, if it is still at <paramref name="revision"/>; its name is then free.</summary>
    /// <returns>False where the stored revision is another one.</returns>
    Task<bool> TryRemoveAsync(string name, long revision, CancellationToken cancellationToken);
}
