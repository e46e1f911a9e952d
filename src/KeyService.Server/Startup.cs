using KeyService.Core;
using KeyService.Core.Storage;
using KeyService.Server.Catalog;
using KeyService.Server.Rotation;

namespace KeyService.Server;

/// <summary>What is done before the first call is taken: the schema, the catalog, unfinished work, the key sets of the settings.</summary>
internal sealed class Startup(IKeySetStore store, KeySetCatalog catalog, RotationWorker worker, ConfiguredKeySets configured)
{
    /// <exception cref="KeyServiceException">The store cannot be used, or a provider refuses a key set of the settings for good.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await store.PrepareAsync(cancellationToken);
        await catalog.RefreshAsync(cancellationToken);
        await worker.RunOnceAsync(cancellationToken);
        await configured.MakeAllAsync(cancellationToken);
    }
}
