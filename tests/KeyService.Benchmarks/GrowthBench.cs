using System.Globalization;

namespace KeyService.Benchmarks;

/// <summary>What more key sets cost, and more keys in each: servers side by side, asked in turns.</summary>
internal sealed class GrowthBench(Report report, BenchToken token, string serverDll)
{
    private const int Rounds = 3;
    private const double Kibibyte = 1 << 10;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(3);

    public async Task RunAsync()
    {
        Report.Heading("Cost against growth, beside one key set of 3 keys");
        await using var one = await BenchServer.StartAsync(token, serverDll, "sets-1", keySets: 1);
        await AgainstAsync(one, sets: 100, keys: 3);
        await AgainstAsync(one, sets: 10_000, keys: 3, p50: 1.10, kibibytes: 20);
        await AgainstAsync(one, sets: 1, keys: 64);
    }

    private async Task AgainstAsync(BenchServer one, int sets, int keys, double? p50 = null, double? kibibytes = null)
    {
        var what = string.Create(CultureInfo.InvariantCulture, $"{sets} key sets of {keys} keys");
        await using var many = await BenchServer.StartAsync(token, serverDll, string.Create(CultureInfo.InvariantCulture, $"sets-{sets}-{keys}"), sets, keysInEach: keys);
        await Task.Delay(Idle);
        if (kibibytes is not null) // of few sets it is lost in what the heap does anyway
            report.Alone($"{what}: memory of each", "KiB", (many.ResidentBytes - one.ResidentBytes) / Kibibyte / (sets - 1), kibibytes);
        var (fast, slow) = (one.SignForEach(1), many.SignForEach(sets));
        var (baseline, measured) = await InTurns.RunAsync(() => OneCaller.RunAsync(fast), () => OneCaller.RunAsync(slow), Rounds, unmeasured: 1);
        report.Compare($"{what}: ES256 Sign p50, 1 caller", "µs", measured.Percentile(0.50), baseline.Percentile(0.50), p50);
    }
}
