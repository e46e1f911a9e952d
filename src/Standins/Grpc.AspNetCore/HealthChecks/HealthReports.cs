using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>The reports of the periodic health checks, for watchers.</summary>
internal sealed class HealthReports : IHealthCheckPublisher
{
    private volatile PublishedReport _last = new(null);

    /// <summary>The latest report. A slow watcher skips those before it.</summary>
    public PublishedReport Last => _last;

    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        var published = new PublishedReport(report);
        Interlocked.Exchange(ref _last, published).Replace();
        return Task.CompletedTask;
    }
}
