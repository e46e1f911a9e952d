using KeyService.Server.Catalog;
using KeyService.Server.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace KeyService.Server.Health;

/// <summary>Ready once each key set of the settings publishes a key. Of one that cannot be read, <see cref="StoreHealthCheck"/> tells.</summary>
internal sealed class KeySetHealthCheck(KeySetCatalog catalog, ServerSettings settings, TimeProvider time) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var now = time.GetUtcNow();
        var missing = settings.KeySets
            .Where(wanted => !catalog.TryGet(wanted.Name, out var set) ? !catalog.IsUnreadable(wanted.Name) : (set.KeySet.Deleted is null && set.PublishedAt(now) is null))
            .Select(wanted => wanted.Name)
            .ToArray();
        return Task.FromResult(missing.Length == 0
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy($"no published key yet: {string.Join(", ", missing)}"));
    }
}
