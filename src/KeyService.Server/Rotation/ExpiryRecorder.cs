using KeyService.Core;
using KeyService.Core.Rotation;
using KeyService.Server.Catalog;
using KeyService.Server.Configuration;

namespace KeyService.Server.Rotation;

/// <summary>
/// Records in the store, apart from signing and in batches, until when the tokens live that this process signed. What it cannot record now it
/// keeps and records later; what is lost with the process is covered by the plan of its key, which reckons with the longest token
/// to the last instant.
/// </summary>
internal sealed class ExpiryRecorder(KeySetCatalog catalog, KeySetWriter writer, ServerSettings settings, TimeProvider time, ILogger<ExpiryRecorder> logger)
    : BackgroundService
{
    /// <summary>One round over all key sets.</summary>
    public async Task RecordAsync(CancellationToken cancellationToken)
    {
        foreach (var set in catalog.All)
        {
            if (set.UnrecordedExpiries() is not { } largest)
                continue;
            try
            {
                await writer.ChangeAsync(set.KeySet.Name, present => RotationPlan.RecordExpiries(present, largest), cancellationToken);
            }
            catch (KeyServiceException e) when (e.Error == KeyServiceError.KeySetNotFound)
            {
                // Removed meanwhile: the last of its tokens has expired.
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Log.ExpiriesNotRecorded(logger, e, set.KeySet.Name);
                if (e is KeyServiceException { Error: KeyServiceError.StoreUnavailable })
                    return; // the other sets would only wait for it too
            }
        }
    }

    /// <summary>At the end, when no call is left: what was signed since the last round.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await RecordAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Log.ExpiriesLost(logger); // as if the process had died here
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(settings.Storage.RefreshInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await RecordAsync(stoppingToken);
    }
}
