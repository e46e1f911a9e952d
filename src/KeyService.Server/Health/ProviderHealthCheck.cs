using KeyService.Core;
using KeyService.Server.Catalog;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace KeyService.Server.Health;

/// <summary>Ready while every provider could sign. A provider that cannot is named; the others go on signing all the same.</summary>
internal sealed class ProviderHealthCheck(KeyProviders providers) : IHealthCheck
{
    /// <summary>A probe must be answered soon, whatever a frozen backend does.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var failures = new List<string>();
        foreach (var provider in providers.All)
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(Patience);
            try
            {
                await provider.CheckAsync(timeout.Token);
            }
            catch (KeyServiceException e)
            {
                failures.Add($"{provider.Name}: {e.Message}");
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                failures.Add($"{provider.Name}: no answer within {Patience.TotalSeconds} s");
            }
        }

        return failures.Count == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(string.Join("; ", failures));
    }
}
