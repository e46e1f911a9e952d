using KeyService.Server.Configuration;

namespace KeyService.Server.Catalog;

/// <summary>
/// Reads the store in place of the rotation worker while that is held up by a provider: a key takes seconds to make, and the catalog
/// must not grow old over it.
/// </summary>
internal sealed class CatalogRefresher(KeySetCatalog catalog, Staleness staleness, ServerSettings settings, TimeProvider time, ILogger<CatalogRefresher> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(settings.Storage.RefreshInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (staleness.Age < settings.Storage.RefreshInterval * 1.5)
                continue; // the worker has missed no round
            try
            {
                await catalog.RefreshAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Log.RefreshFailed(logger, e);
            }
        }
    }
}
