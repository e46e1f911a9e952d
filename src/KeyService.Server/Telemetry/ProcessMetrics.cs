using System.Diagnostics.Metrics;
using System.Net.Security;
using System.Reflection;
using System.Runtime.InteropServices;
using KeyService.Server.Files;
using KeyService.Server.Listening;

namespace KeyService.Server.Telemetry;

/// <summary>What this process is, and until when it can be talked to: its build and its certificates.</summary>
internal sealed class ProcessMetrics : IDisposable
{
    private readonly Meter _meter = new(Instruments.MeterName);

    public ProcessMetrics(TimeProvider time, ReloadedFile<SslStreamCertificateContext>? certificate = null, ReloadedFile<TrustBundle>? trust = null)
    {
        var build = new Measurement<int>(1, new KeyValuePair<string, object?>("version", Version), new KeyValuePair<string, object?>("runtime", RuntimeInformation.FrameworkDescription));
        _meter.CreateObservableGauge("keyservice.build.info", () => build, "{build}", "1, with the version of the service and of its runtime");
        if (certificate is not null)
            Watch("keyservice.certificate.expiry", "Until the server's certificate expires", () => certificate.Current.TargetCertificate.NotAfter);
        if (trust is not null)
            Watch("keyservice.client_ca.expiry", "Until the first certificate in the bundle of client CAs expires", () => trust.Current.FirstExpiry);

        void Watch(string name, string what, Func<DateTime> expiry) =>
            _meter.CreateObservableGauge(name, () => (expiry().ToUniversalTime() - time.GetUtcNow().UtcDateTime).TotalSeconds, "s", what);
    }

    /// <summary>As the assembly tells it, with the revision where the build knew it.</summary>
    public static string Version { get; } =
        typeof(ProcessMetrics).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public void Dispose() => _meter.Dispose();
}
