using System.Globalization;
using KeyService.Core.Signing;

namespace KeyService.Benchmarks;

/// <summary>Signatures through the service beside C_Sign on the same token, in turns.</summary>
internal sealed class SigningBench(Report report, RawSigner raw, BenchServer server, BenchServer sampled)
{
    private const int Many = 64;
    private const int Connections = 8;
    private const int BatchItems = 64;
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RawTurn = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);

    // Callers, and the connections that they share.
    private static readonly (int Callers, int Connections)[] Loads = [(8, 1), (8, 8), (Many, 1), (Many, Connections)];

    /// <summary>More threads than cores gain the token nothing; the server has as many sessions.</summary>
    private static readonly int Sessions = Environment.ProcessorCount;

    public async Task WarmUpAsync()
    {
        foreach (var algorithm in new[] { SigningAlgorithm.Ed25519, SigningAlgorithm.RS256, SigningAlgorithm.ES256 })
            await WarmUpAsync(algorithm);
        await H2Load.RunAsync(server, SigningCall.Batch(SigningAlgorithm.ES256, BatchItems), Sessions, 1, WarmUp);
    }

    public async Task WarmUpAsync(SigningAlgorithm algorithm)
    {
        foreach (var each in new[] { server, sampled })
        {
            await H2Load.RunAsync(each, SigningCall.Sign(algorithm), Many, Connections, WarmUp);
            await H2Load.RunAsync(each, SigningCall.SignJwt(algorithm), Many, Connections, WarmUp / 2);
        }
    }

    /// <summary>Of everything in <see cref="RunAsync"/> what tells most.</summary>
    public async Task QuickAsync(SigningAlgorithm algorithm)
    {
        Report.Heading($"{algorithm}: Sign beside C_Sign");
        await AloneAsync(algorithm, "Sign", SigningCall.Sign(algorithm), bounded: true);
        for (var again = 0; again < 3; again++)
            await LoadedAsync(algorithm, "Sign", SigningCall.Sign(algorithm), (Many, Connections), bound: null);
    }

    /// <param name="cpu">How many times the token's own processor time a signature may take.</param>
    public async Task RunAsync(SigningAlgorithm algorithm, double cpu)
    {
        Report.Heading($"{algorithm}: Sign and SignJwt beside C_Sign");
        await AloneAsync(algorithm, "Sign", SigningCall.Sign(algorithm), bounded: true);
        await AloneAsync(algorithm, "SignJwt", SigningCall.SignJwt(algorithm), bounded: false, rounds: 1);
        foreach (var load in Loads)
            await LoadedAsync(algorithm, "Sign", SigningCall.Sign(algorithm), load, load == (Many, Connections) ? cpu : null);
        foreach (var load in Loads)
            await LoadedAsync(algorithm, "SignJwt", SigningCall.SignJwt(algorithm), load, bound: null, rounds: 1);

        var call = SigningCall.Sign(algorithm);
        var (off, on) = await InTurns.RunAsync(
            () => H2Load.RunAsync(server, call, Many, Connections, Turn), () => H2Load.RunAsync(sampled, call, Many, Connections, Turn));
        report.Compare($"{algorithm} Sign with one in 64 verified: server CPU", "µs", on.CpuOfCall, off.CpuOfCall, most: 1.03);
    }

    /// <summary>What a call takes where nobody signs: less it cannot be.</summary>
    public async Task BareAsync()
    {
        Report.Heading("An empty gRPC call of bare Kestrel, beside Sign with ES256");
        await using var bare = await BareKestrel.StartAsync([]);
        var call = SigningCall.Sign(SigningAlgorithm.ES256);
        foreach (var (callers, connections) in new[] { (1, 1), (Many, Connections) })
        {
            var (empty, through) = await InTurns.RunAsync(
                () => bare.CallAsync(callers, connections, Turn), () => H2Load.RunAsync(server, call, callers, connections, Turn), unmeasured: 1);
            var what = string.Create(CultureInfo.InvariantCulture, $"Empty call, {callers} callers, {connections} connections");
            report.Compare($"{what}: p50", "µs", empty.Percentile(0.50), through.Percentile(0.50));
            report.Compare($"{what}: p99", "µs", empty.Percentile(0.99), through.Percentile(0.99));
            report.Compare($"{what}: server CPU", "µs", empty.CpuOfCall, through.CpuOfCall);
        }
    }

    public async Task BatchAsync()
    {
        Report.Heading($"SignBatch of {BatchItems} beside C_Sign");
        var call = SigningCall.Batch(SigningAlgorithm.ES256, BatchItems);
        var (alone, batch) = await InTurns.RunAsync(
            () => raw.RunAsync(SigningAlgorithm.ES256, Sessions, RawTurn), () => H2Load.RunAsync(server, call, Sessions, 1, Turn));
        report.Compare($"ES256 SignBatch of {BatchItems}, {Sessions} callers: signatures", "/s", batch.PerSecond, alone.PerSecond, least: 0.93);
        report.Compare($"ES256 SignBatch of {BatchItems}, {Sessions} callers: server CPU a signature", "µs", batch.CpuOfCall, alone.CpuOfCall);
    }

    private async Task AloneAsync(SigningAlgorithm algorithm, string name, SigningCall call, bool bounded, int rounds = 2)
    {
        var (alone, through) = await InTurns.RunAsync(
            () => raw.RunAsync(algorithm, threads: 1, RawTurn), () => H2Load.RunAsync(server, call, callers: 1, connections: 1, Turn), rounds);
        report.Compare($"{algorithm} {name}, 1 caller: p50", "µs", through.Percentile(0.50), alone.Percentile(0.50));
        report.Alone($"{algorithm} {name}, 1 caller: added to p50", "µs", through.Percentile(0.50) - alone.Percentile(0.50), bounded ? 110 : null);
        report.Alone($"{algorithm} {name}, 1 caller: added to p99", "µs", through.Percentile(0.99) - alone.Percentile(0.99), bounded ? 500 : null);
    }

    private async Task LoadedAsync(SigningAlgorithm algorithm, string name, SigningCall call, (int Callers, int Connections) load, double? bound, int rounds = 2)
    {
        var (alone, through) = await InTurns.RunAsync(
            () => raw.RunAsync(algorithm, Sessions, RawTurn), () => H2Load.RunAsync(server, call, load.Callers, load.Connections, Turn), rounds);
        var what = string.Create(CultureInfo.InvariantCulture, $"{algorithm} {name}, {load.Callers} callers, {load.Connections} connections");
        report.Compare($"{what}: signatures", "/s", through.PerSecond, alone.PerSecond);
        report.Compare($"{what}: server CPU a signature", "µs", through.CpuOfCall, alone.CpuOfCall, most: bound);
        report.Compare($"{what}: p99 beside p50", "µs", through.Percentile(0.99), through.Percentile(0.50), most: load.Callers == Many ? 3 : null);
    }
}
