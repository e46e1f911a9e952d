using System.Diagnostics.Metrics;
using System.Net.Security;
using KeyService.Server.Configuration;
using KeyService.Server.Files;
using KeyService.Server.Listening;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace KeyService.Server.Telemetry;

/// <summary>What is measured, and who is told of it.</summary>
internal static class TelemetryRegistration
{
    /// <summary>
    /// Beside our own. Not Microsoft.AspNetCore.Hosting: it costs each request, and says of it what keyservice.rpc.duration says better.
    /// </summary>
    private static readonly string[] FrameworkMeters = ["System.Runtime", "Microsoft.AspNetCore.Server.Kestrel"];

    /// <summary>Time series of one instrument that has no key sets in it. Memory is taken for all of them at once.</summary>
    private const int MostSeries = 512;

    /// <summary>Of a key set: signers, each with a few outcomes.</summary>
    private const int MostSeriesOfKeySet = 16;

    public static void AddTelemetry(this IServiceCollection services, TelemetrySettings settings, TimeProvider time)
    {
        services.AddSingleton(settings);
        services.AddSingleton<KeySetLabels>();
        services.AddSingleton<CatalogMetrics>();
        services.AddSingleton(all => new ProcessMetrics(
            time, all.GetService<ReloadedFile<SslStreamCertificateContext>>(), all.GetService<ReloadedFile<TrustBundle>>()));
        if (!settings.Prometheus)
            return;
        services.AddSingleton<PrometheusReader>();
        services.AddSingleton(all => Measure(all.GetRequiredService<PrometheusReader>(), settings));
    }

    /// <summary>Begins to measure. Before that, and without anyone who is told, instruments are asked for nothing.</summary>
    public static void UseTelemetry(this WebApplication app, TelemetrySettings settings)
    {
        if (!settings.Prometheus)
            return;
        var services = app.Services;
        _ = services.GetRequiredService<CatalogMetrics>();
        _ = services.GetRequiredService<ProcessMetrics>();
        _ = services.GetRequiredService<MeterProvider>();
        app.MapMetrics(services.GetRequiredService<PrometheusReader>());
    }

    public static MeterProvider Measure(PrometheusReader reader, TelemetrySettings settings) => Sdk.CreateMeterProviderBuilder()
        .SetResourceBuilder(ResourceBuilder.CreateEmpty().AddService("keyservice", serviceVersion: ProcessMetrics.Version).AddEnvironmentVariableDetector())
        .AddMeter([Instruments.MeterName, .. FrameworkMeters])
        .AddView(instrument => View(instrument, settings))
        .AddReader(reader)
        .Build();

    private static MetricStreamConfiguration View(Instrument instrument, TelemetrySettings settings) => new()
    {
        CardinalityLimit = instrument.Meter.Name == Instruments.MeterName ? MostSeries + (settings.KeySets * MostSeriesOfKeySet) : MostSeries,
    };
}
