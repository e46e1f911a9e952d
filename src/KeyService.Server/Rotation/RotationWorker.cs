using KeyService.Core;
using KeyService.Server.Catalog;
using KeyService.Server.Configuration;
using KeyService.Server.Telemetry;

namespace KeyService.Server.Rotation;

/// <summary>
/// Keeps the catalog fresh and does what is due in each key set. A set that fails is left alone for a while, longer each time,
/// so that one broken provider neither floods the log nor holds up the others.
/// </summary>
internal sealed class RotationWorker(
    KeySetCatalog catalog, KeyRotator rotator, ConfiguredKeySets configured, ServerSettings settings, TimeProvider time, ILogger<RotationWorker> logger)
    : BackgroundService
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private readonly Dictionary<string, (DateTimeOffset Until, TimeSpan Pause)> _paused = new(StringComparer.Ordinal);

    /// <summary>One round over all key sets. Every failure is logged and met with a pause; only cancellation flies.</summary>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            await catalog.RefreshAsync(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Log.RefreshFailed(logger, e);
        }

        foreach (var set in catalog.All.Where(set => time.GetUtcNow() >= set.NextWork))
            await TryAsync(set.KeySet.Name, () => rotator.TendAsync(set.KeySet.Name, cancellationToken), cancellationToken);
        foreach (var keySet in configured.Missing)
            await TryAsync(keySet.Name, () => configured.MakeAsync(keySet, cancellationToken), cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(settings.Storage.RefreshInterval, time);
        do
        {
            await RunOnceAsync(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task TryAsync(string name, Func<Task> work, CancellationToken cancellationToken)
    {
        if (_paused.TryGetValue(name, out var paused) && time.GetUtcNow() < paused.Until)
            return;
        using var span = Spans.StartWork(name);
        try
        {
            await work();
            span.Succeed();
            _paused.Remove(name);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            var pause = _paused.TryGetValue(name, out var before) ? before.Pause * 2 : FirstPause;
            pause = pause < LongestPause ? pause : LongestPause;
            if (e is KeyServiceException failure)
                span.Fail(failure.Error);
            _paused[name] = (time.GetUtcNow() + pause, pause);
            Log.TendingFailed(logger, e, name, pause);
        }
    }
}
