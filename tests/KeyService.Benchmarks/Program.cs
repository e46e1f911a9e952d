using System.Globalization;
using KeyService.Benchmarks;
using KeyService.Core.Signing;

// What the service costs beside what it is built on: same machine, same run, in turns.
const string Usage = "usage: KeyService.Benchmarks keyservice.dll run RESULTS.json | check RESULTS.json | sign ALGORITHM | audit | growth NUMBER-OF-KEY-SETS";

if (await BareKestrel.TryServeAsync(args))
    return 0;
Console.WriteLine(Report.Machine);
switch (args)
{
    case [var server, "run", var results]:
        await (await RunAsync(server)).WriteAsync(results);
        return 0;
    case [var server, "check", var results]:
        return Check(await Report.ReadAsync(results), await RunAsync(server));
    case [var server, "sign", var name] when SigningAlgorithm.TryParse(name, out var algorithm):
        await SignAsync(server, algorithm);
        return 0;
    case [var server, "audit"]:
        await using (var token = await BenchToken.MakeAsync())
            await new AuditBench(new Report(), token, server).RunAsync();
        return 0;
    case [var server, "growth", var number]:
        await Growth.RunAsync(server, int.Parse(number, CultureInfo.InvariantCulture));
        return 0;
    default:
        await Console.Error.WriteLineAsync(Usage);
        return 2;
}

// What to look at again and again while the way to a signature is worked on.
static async Task SignAsync(string serverDll, SigningAlgorithm algorithm)
{
    await using var token = await BenchToken.MakeAsync();
    await using var raw = await RawSigner.OpenAsync(token);
    await using var server = await BenchServer.StartAsync(token, serverDll, "off", verify: "Off");
    await using var sampled = await BenchServer.StartAsync(token, serverDll, "sampled");
    var signing = new SigningBench(new Report(), raw, server, sampled);
    await signing.WarmUpAsync(algorithm);
    await signing.QuickAsync(algorithm);
    await signing.BareAsync();
    await signing.BatchAsync();
}

static async Task<Report> RunAsync(string serverDll)
{
    var report = new Report();
    await using var token = await BenchToken.MakeAsync();
    await using (var raw = await RawSigner.OpenAsync(token))
    await using (var server = await BenchServer.StartAsync(token, serverDll, "off", verify: "Off"))
    await using (var sampled = await BenchServer.StartAsync(token, serverDll, "sampled"))
    {
        var signing = new SigningBench(report, raw, server, sampled);
        await signing.WarmUpAsync();
        await signing.RunAsync(SigningAlgorithm.ES256, cpu: 1.35);
        await signing.RunAsync(SigningAlgorithm.Ed25519, cpu: 1.25);
        await signing.RunAsync(SigningAlgorithm.RS256, cpu: 1.03);
        await signing.BareAsync();
        await signing.BatchAsync();
        await new JwksBench(report, server).RunAsync();
    }

    await new FootprintBench(report, token, serverDll).RunAsync();
    await new GrowthBench(report, token, serverDll).RunAsync();
    return report;
}

static int Check(IReadOnlyList<Figure> before, Report now)
{
    var worse = (
        from figure in now.Figures
        where figure.Baseline is not null
        join earlier in before on figure.Name equals earlier.Name
        where figure.WorseThan(earlier) > figure.Tolerance
        select $"{figure.Name}: {earlier.Ratio:F3} before, {figure.Ratio:F3} now, tolerated is {figure.Tolerance:P0}").ToList();
    Console.WriteLine();
    Console.WriteLine(worse.Count == 0 ? "No ratio is worse than before by more than it moves anyway." : "Worse than before, by more than it moves anyway:");
    worse.ForEach(Console.WriteLine);
    return worse.Count == 0 ? 0 : 1;
}
