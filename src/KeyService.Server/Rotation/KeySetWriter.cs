using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Core.Storage;
using KeyService.Server.Catalog;

namespace KeyService.Server.Rotation;

/// <summary>Carries pure changes into the store by compare-and-set, and what was saved into the catalog.</summary>
internal sealed class KeySetWriter(IKeySetStore store, KeySetCatalog catalog)
{
    /// <summary>Each lost race means that another change was saved, so this many in a row mean real trouble.</summary>
    private const int MaxAttempts = 32;

    /// <summary>
    /// Applies <paramref name="change"/> to the present version and saves the result; again on the newer version where someone
    /// else saved first. The change may be called several times, so it must be a pure function.
    /// </summary>
    /// <param name="change">The next version, or null where nothing is to be saved.</param>
    /// <returns>The present version after that.</returns>
    /// <exception cref="KeyServiceException">KeySetNotFound, StoreUnavailable, ConcurrentChange, or what the change throws.</exception>
    public async Task<KeySet> ChangeAsync(string name, Func<KeySet, KeySet?> change, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var present = await FindAsync(name, cancellationToken);
            if (change(present) is not { } next)
                return present;
            next = next with { Revision = present.Revision + 1 };
            if (await TrySaveAsync(next, cancellationToken))
                return next;
        }

        throw new KeyServiceException(KeyServiceError.ConcurrentChange, $"Key set '{name}' was changed by others again and again; try once more.");
    }

    /// <exception cref="KeyServiceException">KeySetNotFound, StoreUnavailable.</exception>
    public async Task<KeySet> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(name, cancellationToken) is { } present)
        {
            catalog.Apply(present);
            return present;
        }

        throw new KeyServiceException(KeyServiceError.KeySetNotFound, $"There is no key set '{name}'.") { Field = "key_set" };
    }

    /// <returns>False where someone else saved first.</returns>
    public async Task<bool> TrySaveAsync(KeySet keySet, CancellationToken cancellationToken)
    {
        if (!await store.TrySaveAsync(keySet, cancellationToken))
            return false;
        catalog.Apply(keySet);
        return true;
    }

    /// <summary>Waits until no other process is at work on <paramref name="intent"/>. Null where the store has no turns.</summary>
    public async Task<IAsyncDisposable?> TakeTurnAsync(string name, KeyIntent intent, CancellationToken cancellationToken) =>
        store is IProcessTurns turns ? await turns.EnterAsync(intent.Label(name), cancellationToken) : null;

    /// <summary>Removes a key set whose last key is gone; does nothing where it changed since.</summary>
    public async Task RemoveAsync(KeySet keySet, CancellationToken cancellationToken)
    {
        if (await store.TryRemoveAsync(keySet.Name, keySet.Revision, cancellationToken))
            catalog.Remove(keySet.Name);
    }
}
