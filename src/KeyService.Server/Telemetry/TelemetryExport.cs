using KeyService.Server.Configuration;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace KeyService.Server.Telemetry;

/// <summary>Sends what is left when the server stops, for as long as the shutdown may take. Stops after the services that are registered behind it.</summary>
internal sealed class TelemetryExport(MeterProvider meters, TracerProvider tracers, ServerSettings settings) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var longest = (int)settings.ShutdownTimeout.TotalMilliseconds;
        try
        {
            // They block; a collector that does not answer must not hold up the rest.
            await Task.WhenAll(Task.Run(() => tracers.Shutdown(longest), cancellationToken), Task.Run(() => meters.Shutdown(longest), cancellationToken)).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The time is over: what is not sent by now is lost, and metrics and traces are no record.
        }
    }
}
