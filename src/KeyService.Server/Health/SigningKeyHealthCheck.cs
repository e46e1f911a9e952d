using KeyService.Server.Catalog;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace KeyService.Server.Health;

/// <summary>
/// Degraded while a provider that works does not have a key that is to sign, or refuses to use it. Never more: every replica sees the same token, so that
/// none could do better, and its other keys sign. Known only from signatures that were asked for: a look at each key would cost as much as one.
/// </summary>
internal sealed class SigningKeyHealthCheck(KeySetCatalog catalog, TimeProvider time) : IHealthCheck
{
    private const int MostTold = 10;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var now = time.GetUtcNow();
        var unusable = catalog.All
            .SelectMany(set => set.UnusableAt(now).Select(key => $"{key.Key.Kid} of {set.KeySet.Name} in {key.Key.Provider}"))
            .Order(StringComparer.Ordinal)
            .ToArray();
        return Task.FromResult(unusable.Length == 0
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Degraded($"keys that are to sign and that their provider does not have or refuses to use: {string.Join(", ", unusable.Take(MostTold))}{(unusable.Length > MostTold ? $" and {unusable.Length - MostTold} others" : "")}"));
    }
}
