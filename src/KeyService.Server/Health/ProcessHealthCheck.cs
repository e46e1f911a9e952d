using KeyService.Core.Providers;
using KeyService.Server.Catalog;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace KeyService.Server.Health;

/// <summary>Alive unless a provider can only be cured by a new process: then whoever watches over this one is to restart it.</summary>
internal sealed class ProcessHealthCheck(KeyProviders providers) : IHealthCheck
{
    /// <summary>Marks the checks that belong to liveness.</summary>
    public const string Live = "live";

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var lost = providers.All.Where(provider => provider is IProcessBound { NeedsNewProcess: true }).Select(provider => provider.Name).ToArray();
        return Task.FromResult(lost.Length == 0
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy($"only a new process can cure {string.Join(", ", lost)}"));
    }
}
