using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace KeyService.Server.Audit;

/// <summary>Not ready while the audit log cannot be written; only degraded where it does not fail closed.</summary>
internal sealed class AuditHealthCheck(AuditLog log) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        const string told = "the audit log cannot be written";
        if (log.IsAvailable)
            return Task.FromResult(HealthCheckResult.Healthy());
        return Task.FromResult(log.FailsClosed ? HealthCheckResult.Unhealthy(told) : HealthCheckResult.Degraded(told));
    }
}
