using System.Diagnostics;
using System.Globalization;
using KeyService.Storage.Sqlite;
using KeyService.Testing;
using Microsoft.Data.Sqlite;

namespace KeyService.Storage.Tests.Sqlite;

/// <summary>Several processes on one file, and their sudden deaths.</summary>
public sealed class SqliteProcessTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string File => _directory["keys.db"];

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task Acknowledged_saves_outlive_processes_that_are_killed_at_any_moment()
    {
        const int Rounds = 10; // two processes each
        string[] keySets = ["orders", "invoices"];
        var acknowledged = keySets.ToDictionary(name => name, _ => 0L);
        var random = new Random(20261122);
        for (var round = 0; round < Rounds; round++)
        {
            var killed = await Task.WhenAll(keySets.Select(
                name => SaveUntilKilledAsync(name, saves: random.Next(1, 25), TimeSpan.FromMicroseconds(random.Next(4000)))));
            foreach (var (name, revision) in keySets.Zip(killed))
                acknowledged[name] = revision;

            await using var store = new SqliteKeySetStore(new SqliteStoreOptions { Path = File }, TimeProvider.System);
            await store.PrepareAsync(Token);
            var saved = (await store.ReadChangesAsync(0, Token)).Saved.ToDictionary(keySet => keySet.Name, keySet => keySet.Revision);
            // The last save may have been made whole before its acknowledgement could be printed.
            Assert.All(acknowledged, set => Assert.InRange(saved[set.Key], set.Value, set.Value + 1));
            Assert.Equal("ok", CheckIntegrity());
        }
        Assert.All(acknowledged, set => Assert.True(set.Value > Rounds));
    }

    [Fact(Timeout = 60_000)]
    public async Task Processes_that_start_at_once_on_a_new_file_lose_no_save()
    {
        const int Saves = 30;
        StoreProcess[] processes = [.. Enumerable.Range(0, 3).Select(_ => StoreProcess.Start("add", File, "orders", Saves))];
        try
        {
            foreach (var process in processes)
                await process.FinishAsync(Token);
        }
        finally
        {
            foreach (var process in processes)
                process.Dispose();
        }
        await using var store = new SqliteKeySetStore(new SqliteStoreOptions { Path = File }, TimeProvider.System);
        Assert.Equal(processes.Length * Saves, (await store.FindAsync("orders", Token))?.Revision);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_full_disk_is_an_unavailable_store_that_keeps_what_it_has()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The limit is set by the shell.");
        using var process = StoreProcess.StartWithFileLimit(1024, "fill", File, "orders", 10_000);
        long acknowledged = 0;
        var last = "";
        while (await process.ReadLineAsync(Token) is { } line)
        {
            if (long.TryParse(line, CultureInfo.InvariantCulture, out var revision))
                acknowledged = revision;
            last = line;
        }
        await process.FinishAsync(Token);
        Assert.StartsWith("StoreUnavailable: The store cannot be used", last, StringComparison.Ordinal);
        Assert.True(acknowledged > 0);

        await using var store = new SqliteKeySetStore(new SqliteStoreOptions { Path = File }, TimeProvider.System);
        Assert.Equal(acknowledged, (await store.FindAsync("orders", Token))?.Revision);
        Assert.Equal("ok", CheckIntegrity());
    }

    /// <returns>The last revision that the process acknowledged.</returns>
    private async Task<long> SaveUntilKilledAsync(string keySet, int saves, TimeSpan then)
    {
        using var process = StoreProcess.Start("save", File, keySet, int.MaxValue);
        long last = 0;
        for (var i = 0; i < saves; i++)
            last = await ReadRevisionAsync() ?? throw await EndedAsync();

        // So short a time is no delay to be awaited; it only moves the end to anywhere between two acknowledgements.
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < then;)
            Thread.SpinWait(100);
        process.Kill();
        while (await ReadRevisionAsync() is { } revision)
            last = revision; // printed before its death
        return last;

        async Task<long?> ReadRevisionAsync() =>
            await process.ReadLineAsync(Token) is { } line ? long.Parse(line, CultureInfo.InvariantCulture) : null;

        async Task<Exception> EndedAsync()
        {
            await process.FinishAsync(Token);
            return new InvalidOperationException("The process ended although it had not been killed.");
        }
    }

    private string CheckIntegrity()
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False;Mode=ReadOnly");
        connection.Open();
        using var check = connection.CreateCommand();
        check.CommandText = "PRAGMA integrity_check";
        return (string)check.ExecuteScalar()!; // always has a row
    }
}
