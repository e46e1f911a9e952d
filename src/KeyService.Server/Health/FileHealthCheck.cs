using KeyService.Server.Files;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace KeyService.Server.Health;

/// <summary>Degraded while a policy, a certificate or a trust bundle was replaced by one that cannot be used: the one before still is.</summary>
internal sealed class FileHealthCheck(IEnumerable<WatchedFiles> files) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var faults = files.Select(file => file.Fault).OfType<string>().ToArray();
        return Task.FromResult(faults.Length == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded(string.Join("; ", faults)));
    }
}
