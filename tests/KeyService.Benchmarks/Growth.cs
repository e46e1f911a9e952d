using System.Diagnostics;
using System.Globalization;
using KeyService.Storage.Sqlite;

namespace KeyService.Benchmarks;

/// <summary>What key sets cost: a server with one and a server with many, on tokens and stores of their own, measured in turns.</summary>
internal static class Growth
{
    private const int Rounds = 5;
    private const int Changes = 200;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(string serverDll, int sets)
    {
        await using var token = await BenchToken.MakeAsync();
        await using var one = await BenchServer.StartAsync(token, serverDll, "one", keySets: 1);
        await using var many = await BenchServer.StartAsync(token, serverDll, "many", sets);
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"cost | 1 key set | {sets} key sets | "));
        Console.WriteLine("--- | --- | --- | ---");
        Row("start to ready, s", one.ReadyTook.TotalSeconds, many.ReadyTook.TotalSeconds, "");

        var (idleOne, idleMany) = (await IdleAsync(one), await IdleAsync(many)); // also lets the start settle before memory is read
        var (rssOne, rssMany) = (one.ResidentBytes, many.ResidentBytes);
        Row("resident memory, MiB", rssOne / 1048576.0, rssMany / 1048576.0, string.Create(CultureInfo.InvariantCulture, $"{(rssMany - rssOne) / 1024.0 / (sets - 1):F1} KiB a key set"));
        Row("CPU when idle, ms a second", idleOne, idleMany, "");

        var (fast, slow) = (one.SignForEach(1), many.SignForEach(sets));
        var (ofOne, ofMany) = await InTurns.RunAsync(() => OneCaller.RunAsync(fast), () => OneCaller.RunAsync(slow), Rounds, unmeasured: 1);
        var (p50One, p50Many) = (ofOne.Percentile(0.50), ofMany.Percentile(0.50));
        Row("Sign p50, µs", p50One, p50Many, string.Create(CultureInfo.InvariantCulture, $"ratio {p50Many / p50One:F2}"));
        Row("resident memory after that, MiB", one.ResidentBytes / 1048576.0, many.ResidentBytes / 1048576.0, "");
        Row("CPU of a change elsewhere, ms", await ChangeAsync(one, 1), await ChangeAsync(many, sets), "");
    }

    private static async Task<double> IdleAsync(BenchServer server)
    {
        await Task.Delay(Idle);
        var before = server.ProcessorTime;
        await Task.Delay(Idle);
        return (server.ProcessorTime - before).TotalMilliseconds / Idle.TotalSeconds;
    }

    /// <summary>Another process changes sets, one after the other; the server reads what changed and nothing else.</summary>
    private static async Task<double> ChangeAsync(BenchServer server, int sets)
    {
        await using var store = new SqliteKeySetStore(new SqliteStoreOptions { Path = server.Database }, TimeProvider.System);
        var idle = await IdleAsync(server);
        var (before, began) = (server.ProcessorTime, Stopwatch.GetTimestamp());
        for (var change = 0; change < Changes; change++)
        {
            await ManyKeySets.ChangeAsync(store, change % sets, string.Create(CultureInfo.InvariantCulture, $"https://{change}.example"));
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }

        await Task.Delay(TimeSpan.FromSeconds(2)); // the last ones are read within the refresh interval
        var used = (server.ProcessorTime - before).TotalMilliseconds - (idle * Stopwatch.GetElapsedTime(began).TotalSeconds);
        return used / Changes;
    }

    private static void Row(string what, double one, double many, string remark) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what} | {one:F2} | {many:F2} | {remark}"));
}
