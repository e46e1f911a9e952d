using KeyService.Core;
using KeyService.Core.Audit;
using KeyService.Server.Configuration;

namespace KeyService.Server.Audit;

/// <summary>
/// Has the log's present end signed from time to time and at the stop, which also gets a line of its own. A checkpoint that cannot be
/// signed is tried again later and stops nobody.
/// </summary>
internal sealed class AuditCheckpoints(
    AuditLog log, CheckpointSigner signer, AuditMetrics metrics, ServerSettings server, TimeProvider time, ILogger<AuditCheckpoints> logger)
    : BackgroundService
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    private readonly AuditSettings _settings = server.Audit ?? throw new InvalidOperationException("There is no audit log.");
    private long _covered = log.Tip.Sequence;
    private DateTimeOffset _next = time.GetUtcNow();

    /// <summary>Makes a checkpoint where one is due.</summary>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var (now, lines) = (time.GetUtcNow(), log.Tip.Sequence - _covered);
        if (lines > 0 && (now >= _next || lines >= _settings.CheckpointLines))
            await TryAsync(now, cancellationToken);
    }

    /// <summary>The last lines: that the process stops in order, and a checkpoint on that.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await log.RecordAsync(new AuditRecord { Time = time.GetUtcNow(), Event = AuditEvent.Close });
            await TryAsync(time.GetUtcNow(), cancellationToken);
        }
        catch (KeyServiceException e)
        {
            Log.CheckpointFailed(logger, e);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_settings.CheckpointKeySet is not null)
            metrics.Checkpointed();
        using var timer = new PeriodicTimer(Beat, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await RunOnceAsync(stoppingToken);
    }

    private async Task TryAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (_settings.CheckpointKeySet is not { } keySet)
            return;
        try
        {
            var tip = log.Tip;
            var jws = await signer.SignAsync(keySet, new CheckpointStatement(log.Instance, tip, now), cancellationToken);
            await log.RecordAsync(new AuditRecord { Time = now, Event = AuditEvent.Checkpoint, KeySet = keySet, Jws = jws });
            (_covered, _next) = (tip.Sequence + 1, now + _settings.CheckpointInterval); // nothing new but its own line
            metrics.Checkpointed();
        }
        catch (KeyServiceException e)
        {
            Log.CheckpointFailed(logger, e);
            _next = now + _settings.CheckpointInterval;
        }
    }
}
