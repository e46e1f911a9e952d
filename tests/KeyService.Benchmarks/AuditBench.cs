using KeyService.Core.Signing;

namespace KeyService.Benchmarks;

/// <summary>The service with its audit log beside the same without: many callers share what the disk costs.</summary>
internal sealed class AuditBench(Report report, BenchToken token, string serverDll)
{
    private const int Callers = 64;
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
            var (off, on) = (new List<Run>(), new List<Run>());
            for (var turn = -2; turn < Turns; turn++) // until the compiler is through with both
            {
                var (first, second) = (await H2Load.RunAsync(without, call, Callers, Connections, Turn), await H2Load.RunAsync(with, call, Callers, Connections, Turn));
                if (turn < 0)
                    continue;
                off.Add(first);
                on.Add(second);
            }

            var (allOff, allOn) = (Run.Of(off), Run.Of(on));
            report.Compare($"{algorithm} Sign, {Callers} callers, audited: signatures", "/s", allOn.PerSecond, allOff.PerSecond, least: Least);
            report.Compare($"{algorithm} Sign, {Callers} callers, audited: server CPU a signature", "µs", allOn.CpuOfCall, allOff.CpuOfCall);
        }
    }
}
