using KeyService.Core.Signing;

namespace KeyService.Benchmarks;

/// <summary>What a server takes: time to start, memory, allocations.</summary>
internal sealed class FootprintBench(Report report, BenchToken token, string serverDll)
{
    private const int Starts = 5;
    private const int Signatures = 1_000_000;
    private const int Callers = 64;
    private const int Connections = 8;
    private const double Mebibyte = 1 << 20;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(10);

    /// <summary>Longest that the million may take, should the machine be slow: the run is bounded.</summary>
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(150);

    public async Task RunAsync()
    {
        Report.Heading("What a server takes");
        await StartsAsync();
        await using var server = await BenchServer.StartAsync(token, serverDll, "footprint", verify: "Off");
        await Task.Delay(Idle);
        report.Alone("Resident memory, idle", "MiB", server.ResidentBytes / Mebibyte, most: 130);
        var call = SigningCall.Sign(SigningAlgorithm.ES256);
        await H2Load.RunAsync(server, call, Callers, Connections, Turn); // what is compiled and pooled is in place after this
        var (before, allocated, began) = (server.ResidentBytes, await AllocatedAsync(server), await server.SignaturesAsync());
        var signed = 0.0;
        for (var took = TimeSpan.Zero; signed < Signatures && took < MostTime; took += Turn)
        {
            await H2Load.RunAsync(server, call, Callers, Connections, Turn);
            signed = await server.SignaturesAsync() - began;
        }

        report.Alone("ES256 Sign: allocated a call", "bytes", (await AllocatedAsync(server) - allocated) / signed, most: 1.2 * 1024);
        report.Alone("Signatures made meanwhile", "", signed);
        report.Compare("Resident memory after them, beside before", "MiB", server.ResidentBytes / Mebibyte, before / Mebibyte, most: 1.05);
        report.Alone("Resident memory after them", "MiB", server.ResidentBytes / Mebibyte, most: 130);
    }

    private async Task StartsAsync()
    {
        var times = new List<double>();
        for (var start = 0; start < Starts; start++)
        {
            await using var server = await BenchServer.StartAsync(token, serverDll, "start"); // its key is there after the first
            if (start > 0)
                times.Add(server.FirstSignatureTook.TotalSeconds);
        }

        times.Sort();
        report.Alone("Start to first signature, median", "s", times[times.Count / 2], most: 1.0);
    }

    private static Task<double> AllocatedAsync(BenchServer server) => server.CountedAsync("dotnet_gc_heap_total_allocated_bytes_total");
}
