using KeyService.Core;
using KeyService.Core.Storage;

namespace KeyService.Server.Catalog;

/// <summary>
/// Brings changes of other processes into the catalog at once, where the store tells of them. The rotation worker looks
/// for changes at intervals besides, so a notification that is lost, or a refresh that fails, only costs time. Apart from the worker, which
/// may be waiting for a slow provider while a key is revoked elsewhere.
/// </summary>
internal sealed class ChangeListener(IKeySetStore store, KeySetCatalog catalog, ILogger<ChangeListener> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (store is not IChangeNotifications notifications)
            return;
        while (true)
        {
            await notifications.WaitForChangeAsync(stoppingToken);
            try
            {
                await catalog.RefreshAsync(stoppingToken);
            }
            catch (KeyServiceException e)
            {
                Log.RefreshFailed(logger, e);
            }
        }
    }
}
