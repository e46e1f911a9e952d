using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace KeyService.Server.Telemetry;

/// <summary>What <c>/health/ready</c> said when the host last looked, which it does by itself every half minute.</summary>
internal sealed class ReadinessMetrics : IHealthCheckPublisher, IDisposable
{
    private readonly Meter _meter = new(Instruments.MeterName);
    private volatile HealthReport? _last;

    public ReadinessMetrics() => _meter.CreateObservableGauge<int>(
        "keyservice.ready",
        () => _last is { } last ? [new Measurement<int>(last.Status == HealthStatus.Unhealthy ? 0 : 1)] : [],
        "{state}", "1 while this replica can sign, degraded or not, else 0");

    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        _last = report;
        return Task.CompletedTask;
    }

    public void Dispose() => _meter.Dispose();
}
