using KeyService.Server.Catalog;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace KeyService.Server.Health;

/// <summary>Degraded while the store cannot be read, and not ready once that is too long for any of the key sets.</summary>
internal sealed class StoreHealthCheck(KeySetCatalog catalog, Staleness staleness) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!staleness.IsLate)
            return Task.FromResult(HealthCheckResult.Healthy());

        var age = staleness.Age;
        var stopped = catalog.All.Where(set => age > set.LongestStaleness).Select(set => set.KeySet.Name).Order(StringComparer.Ordinal).ToArray();
        var told = $"the store could not be read for {age.TotalSeconds:0} s";
        return Task.FromResult(stopped.Length == 0
            ? HealthCheckResult.Degraded(told)
            : HealthCheckResult.Unhealthy($"{told}; not used any more: {string.Join(", ", stopped.Take(10))}{(stopped.Length > 10 ? $" and {stopped.Length - 10} others" : "")}"));
    }
}
