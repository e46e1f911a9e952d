using System.Diagnostics.Metrics;

namespace KeyService.Server.Telemetry;

/// <summary>What is counted and timed wherever it happens, apart from the providers' own (<c>GuardMetrics</c>). Costs next to nothing while nobody listens.</summary>
internal static class Instruments
{
    /// <summary>The one meter of this service.</summary>
    public const string MeterName = "KeyService";

    private static readonly Meter Meter = new(MeterName);

    public static readonly Histogram<double> CallDuration =
        Meter.CreateHistogram<double>("keyservice.rpc.duration", "s", "Time of a call over gRPC or as JSON, by method and status");

    public static readonly Counter<long> JwksRequests =
        Meter.CreateCounter<long>("keyservice.jwks.requests", "{request}", "Requests for a JWKS over HTTP, by outcome: served, not_modified or an error");

    public static readonly Counter<long> Rotations =
        Meter.CreateCounter<long>("keyservice.rotations", "{key}", "Keys that were to be made, by cause and outcome; a failure that passes is counted at each try");

    public static readonly Counter<long> ReloadFailures =
        Meter.CreateCounter<long>("keyservice.files.reload_failures", "{look}", "Looks at a changed policy, certificate or trust bundle that found it unusable");
}
