using KeyService.Core;
using KeyService.Core.Signing;
using KeyService.Server.Catalog;
using KeyService.Server.Guard;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace KeyService.Server.Health;

/// <summary>
/// Ready while every algorithm of every key set has a home that could sign. A provider that cannot is named all the same: the
/// replica is degraded, but there is nothing that another one could do better.
/// </summary>
internal sealed class ProviderHealthCheck(KeyProviders providers, KeySetCatalog catalog, TimeProvider time) : IHealthCheck
{
    /// <summary>A probe must be answered soon, whatever a frozen backend does.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var all = providers.All.ToArray();
        var failures = await Task.WhenAll(all.Select(provider => FailureOfAsync(provider, cancellationToken)));
        if (failures.All(failure => failure is null))
            return HealthCheckResult.Healthy();

        var away = all.Where((_, i) => failures[i] is not null).Select(provider => provider.Name).ToHashSet(StringComparer.Ordinal);
        var homeless = Homeless(away);
        var told = string.Join("; ", failures.OfType<string>());
        if (homeless.Count > 0)
            return HealthCheckResult.Unhealthy($"{told}; nothing signs {string.Join(", ", homeless)}");
        return away.Count == all.Length ? HealthCheckResult.Unhealthy(told) : HealthCheckResult.Degraded(told);
    }

    /// <summary>Null where the provider could sign.</summary>
    private static async Task<string?> FailureOfAsync(GuardedKeyProvider provider, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Patience);
        try
        {
            await provider.CheckAsync(timeout.Token);
            return null;
        }
        catch (KeyServiceException e)
        {
            return $"{provider.Name}: {e.Message}";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"{provider.Name}: no answer within {Patience.TotalSeconds} s";
        }
    }

    /// <summary>What can be signed only by providers that are away.</summary>
    private List<string> Homeless(HashSet<string> away)
    {
        var now = time.GetUtcNow();
        var homeless = new List<string>();
        foreach (var set in catalog.All)
        {
            // Where no key is active at all, no provider is to blame: KeySetHealthCheck and the worker see to that.
            var homes = new Dictionary<SigningAlgorithm, bool>();
            foreach (var line in set.Lines)
            {
                if (line.ActiveAt(now) is { } key)
                    homes[line.Signer.Algorithm] = homes.GetValueOrDefault(line.Signer.Algorithm) || (key.Provider is not null && !away.Contains(key.Key.Provider));
            }

            homeless.AddRange(homes.Where(home => !home.Value).Select(home => $"{home.Key} of {set.KeySet.Name}"));
        }

        return homeless;
    }
}
