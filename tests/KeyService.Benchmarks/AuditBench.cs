using KeyService.Core.Signing;

namespace KeyService.Benchmarks;

/// <summary>The service with its audit log beside the same without: many callers share what the disk costs.</summary>
internal sealed class AuditBench(Report report, BenchToken token, string serverDll)
{
    private const int Many = 64;
    private const int Connections = 8;
    private const double Least = 0.85;
    private const int Turns = 3;
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(2);

    public async Task RunAsync()
    {
        Report.Heading("With the audit log beside without");
        await using var without = await BenchServer.StartAsync(token, serverDll, "unaudited");
        await using var with = await BenchServer.StartAsync(token, serverDll, "audited", audited: true);
        foreach (var algorithm in new[] { SigningAlgorithm.ES256, SigningAlgorithm.RS256 })
        {
            var call = SigningCall.Sign(algorithm);
            var (off, on) = await InTurns.RunAsync(
                () => H2Load.RunAsync(without, call, Many, Connections, Turn), () => H2Load.RunAsync(with, call, Many, Connections, Turn), Turns, unmeasured: 2);
            report.Compare($"{algorithm} Sign, {Many} callers, audited: signatures", "/s", on.PerSecond, off.PerSecond, least: Least);
            report.Compare($"{algorithm} Sign, {Many} callers, audited: server CPU a signature", "µs", on.CpuOfCall, off.CpuOfCall);
        }
    }
}
