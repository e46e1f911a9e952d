using KeyService.Core;
using KeyService.Core.Storage;
using KeyService.Server.Catalog;
using KeyService.Server.Configuration;
using KeyService.Server.Rotation;

namespace KeyService.Server;

/// <summary>What is done before the first call is taken: the schema, the catalog, unfinished work, the key sets of the settings.</summary>
internal sealed class Startup(
    IKeySetStore store, KeySetCatalog catalog, KeyRotator rotator, RotationWorker worker, ServerSettings settings, ILogger<Startup> logger)
{
    /// <exception cref="KeyServiceException">The store cannot be used, or a provider refuses a key set of the settings for good.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await store.PrepareAsync(cancellationToken);
        await catalog.RefreshAsync(cancellationToken);
        await worker.RunOnceAsync(cancellationToken);
        foreach (var keySet in settings.KeySets)
        {
            if (catalog.TryGet(keySet.Name, out _))
                continue; // the store knows it, and the API may have changed it since
            try
            {
                await rotator.CreateAsync(keySet, requestId: null, cancellationToken);
                Log.KeySetReady(logger, keySet.Name);
            }
            catch (KeyServiceException e) when (e.Error == KeyServiceError.KeySetExists)
            {
                await catalog.RefreshAsync(cancellationToken); // another process of the same settings was faster
            }
            catch (KeyServiceException e) when (e.IsTransient)
            {
                Log.KeySetNotReady(logger, e, keySet.Name); // the intent is saved: the worker finishes it
            }
        }
    }
}
