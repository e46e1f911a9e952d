using KeyService.Server.Catalog;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace KeyService.Server.Health;

/// <summary>
/// Degraded while the store cannot be read, and not ready once that is too long for any of the key sets. Degraded only where single key sets
/// cannot be read: they are the same for every replica, so that none could do better.
/// </summary>
internal sealed class StoreHealthCheck(KeySetCatalog catalog, Staleness staleness) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var unreadable = $"key sets that cannot be read: {string.Join(", ", catalog.Unreadable)}";
        if (!staleness.IsLate)
            return Task.FromResult(catalog.Unreadable.Any() ? HealthCheckResult.Degraded(unreadable) : HealthCheckResult.Healthy());

        var age = staleness.Age;
        var stopped = catalog.All.Where(set => age > set.LongestStaleness).Select(set => set.KeySet.Name).Order(StringComparer.Ordinal).ToArray();
        var told = $"the store could not be read for {age.TotalSeconds:0} s";
        return Task.FromResult(stopped.Length == 0
            ? HealthCheckResult.Degraded(told)
            : HealthCheckResult.Unhealthy($"{told}; not used any more: {string.Join(", ", stopped.Take(10))}{(stopped.Length > 10 ? $" and {stopped.Length - 10} others" : "")}"));
    }
}
