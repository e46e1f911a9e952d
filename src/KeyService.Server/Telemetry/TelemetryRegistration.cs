using System.Diagnostics.Metrics;
using System.Net.Security;
using KeyService.Server.Configuration;
using KeyService.Server.Files;
using KeyService.Server.Listening;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace KeyService.Server.Telemetry;

/// <summary>What is measured and traced, and who is told of it.</summary>
internal static class TelemetryRegistration
{
    /// <summary>
    /// Beside our own. Not Microsoft.AspNetCore.Hosting: it costs each request, and says of it what keyservice.rpc.duration says better.
    /// </summary>
    private static readonly string[] FrameworkMeters = ["System.Runtime", "Microsoft.AspNetCore.Server.Kestrel"];

    /// <summary>Counted up and down for each request, with tags that are made anew: for what is zero wherever one looks at it.</summary>
    private const string QueuedRequests = "kestrel.queued_requests";

    /// <summary>Beside our own: the span of each request, which takes over the caller's trace context.</summary>
    private const string RequestSource = "Microsoft.AspNetCore";

    /// <summary>How long a collector may take for one request.</summary>
    private static readonly TimeSpan ExportLimit = TimeSpan.FromSeconds(10);

    /// <summary>Seconds, 50 µs to 10 s: from a signature in memory to a cloud that is about to be given up.</summary>
    private static readonly double[] Latencies = [0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

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
        services.AddSingleton<IHealthCheckPublisher, ReadinessMetrics>();
        if (settings.Prometheus)
            services.AddSingleton<PrometheusReader>();
        if (settings.Prometheus || settings.Otlp is not null)
            services.AddSingleton(all => Measure(all.GetService<PrometheusReader>(), settings));
        if (settings.Otlp is not { } otlp)
            return;
        services.AddSingleton(_ => Trace(otlp));
        services.AddHostedService<TelemetryExport>();
    }

    /// <summary>Begins to measure, before anything is made that counts. Without anyone who is told, instruments are asked for nothing.</summary>
    public static void UseTelemetry(this WebApplication app)
    {
        var services = app.Services;
        if (services.GetService<MeterProvider>() is null)
            return;
        _ = services.GetService<TracerProvider>();
        // These need the catalog and all that it stands on: last.
        _ = services.GetRequiredService<CatalogMetrics>();
        _ = services.GetRequiredService<ProcessMetrics>();
        if (services.GetService<PrometheusReader>() is { } reader)
            app.MapMetrics(reader);
    }

    /// <param name="reader">Null where nobody is to read what was measured here.</param>
    public static MeterProvider Measure(PrometheusReader? reader, TelemetrySettings settings)
    {
        var builder = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(Resource())
            .AddMeter([Instruments.MeterName, .. FrameworkMeters])
            .AddView(instrument => View(instrument, settings));
        if (reader is not null)
            builder.AddReader(reader);
        if (settings.Otlp is { } otlp)
            builder.AddReader(_ => new PeriodicExportingMetricReader(new OtlpMetricExporter(Options(otlp, "v1/metrics")), (int)otlp.Interval.TotalMilliseconds));
        return builder.Build();
    }

    /// <summary>A caller's trace goes on here as it was begun; others are begun for the share that the settings ask for.</summary>
    public static TracerProvider Trace(OtlpSettings settings) => Sdk.CreateTracerProviderBuilder()
        .SetResourceBuilder(Resource())
        .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(settings.SampleRatio)))
        .AddSource(Spans.SourceName, RequestSource)
        .AddProcessor(_ => new BatchActivityExportProcessor(new OtlpTraceExporter(Options(settings, "v1/traces"))))
        .Build();

    private static OtlpExporterOptions Options(OtlpSettings settings, string path) => new()
    {
        Endpoint = settings.Protocol == OtlpExportProtocol.Grpc ? settings.Endpoint : new Uri(settings.Endpoint, path),
        Protocol = settings.Protocol,
        HttpClientFactory = () => ClientOf(settings),
    };

    /// <summary>The exporter's own setting for headers takes no commas in them.</summary>
    private static HttpClient ClientOf(OtlpSettings settings)
    {
        var client = new HttpClient { Timeout = ExportLimit };
        foreach (var (name, value) in settings.Headers)
            client.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
        return client;
    }

    private static ResourceBuilder Resource() =>
        ResourceBuilder.CreateEmpty().AddService("keyservice", serviceVersion: ProcessMetrics.Version).AddEnvironmentVariableDetector();

    private static MetricStreamConfiguration View(Instrument instrument, TelemetrySettings settings)
    {
        if (instrument.Meter.Name != Instruments.MeterName)
            return instrument.Name == QueuedRequests ? MetricStreamConfiguration.Drop : new() { CardinalityLimit = MostSeries };
        var view = instrument is Histogram<double> ? new ExplicitBucketHistogramConfiguration { Boundaries = Latencies } : new MetricStreamConfiguration();
        view.CardinalityLimit = MostSeries + (settings.KeySets * MostSeriesOfKeySet);
        return view;
    }
}
