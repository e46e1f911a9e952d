using System.Diagnostics;
using KeyService.Storage.Crash;
using KeyService.Testing.Postgres;
using Npgsql;

namespace KeyService.Storage.Tests.Postgres;

public sealed class PostgresNotificationTests(SharedPostgres postgres)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(5); // far less than any interval; a busy machine may need a part of it

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_change_of_one_replica_wakes_the_others_and_itself()
    {
        await using var stores = await ListeningAsync(postgres.Server, 3);
        var waits = stores.Select(store => store.WaitForChangeAsync(Token)).ToArray();
        Assert.True(await stores[0].TrySaveAsync(A.KeySet("orders"), Token));
        await Task.WhenAll(waits).WaitAsync(AtOnce, Token);
        Assert.All(await Task.WhenAll(stores.Select(store => store.ReadChangesAsync(0, Token))), changes => Assert.Single(changes.Saved));
    }

    [Fact]
    public async Task A_removal_wakes_as_a_save_does()
    {
        await using var stores = await ListeningAsync(postgres.Server, 2);
        Assert.True(await stores[0].TrySaveAsync(A.KeySet("orders"), Token));
        await stores[1].WaitForChangeAsync(Token).WaitAsync(AtOnce, Token);
        var wait = stores[1].WaitForChangeAsync(Token);
        Assert.True(await stores[0].TryRemoveAsync("orders", 1, Token));
        await wait.WaitAsync(AtOnce, Token);
        Assert.Null(await stores[1].FindAsync("orders", Token));
    }

    [Fact]
    public async Task A_change_between_two_waits_is_not_lost()
    {
        await using var stores = await ListeningAsync(postgres.Server, 2);
        Assert.True(await stores[0].TrySaveAsync(A.KeySet("orders"), Token)); // nobody waits
        await stores[1].WaitForChangeAsync(Token).WaitAsync(AtOnce, Token);
    }

    [Fact]
    public async Task A_reader_that_only_follows_notifications_ends_with_the_latest_version()
    {
        const int Saves = 100;
        await using var stores = await ListeningAsync(postgres.Server, 2);
        var following = Task.Run(
            async () =>
            {
                for (long position = 0, revision = 0; revision < Saves;)
                {
                    await stores[1].WaitForChangeAsync(Token);
                    var changes = await stores[1].ReadChangesAsync(position, Token);
                    position = changes.Position;
                    revision = changes.Saved.Count == 0 ? revision : changes.Saved[0].Revision;
                }
            },
            Token);
        var last = A.KeySet("orders");
        Assert.True(await stores[0].TrySaveAsync(last, Token));
        while (last.Revision < Saves)
            Assert.True(await stores[0].TrySaveAsync(last = last.Next(), Token));
        await following.WaitAsync(AtOnce, Token);
    }

    [Fact]
    public async Task A_refused_change_wakes_nobody()
    {
        var place = await postgres.Server.CreatePlaceAsync(Token);
        await using var stores = new StoreGroup(1, place);
        await stores[0].PrepareAsync(Token);
        await using var listener = new NpgsqlConnection(place);
        await listener.OpenAsync(Token);
        await using var command = new NpgsqlCommand("LISTEN keyservice_changed", listener);
        await command.ExecuteNonQueryAsync(Token);
        command.CommandText = "SELECT 'keyservice_key_sets'::regclass::oid::text";
        var table = (string?)await command.ExecuteScalarAsync(Token);
        var heard = new List<string>();
        listener.Notification += (_, change) => heard.Add(change.Payload);

        Assert.False(await stores[0].TrySaveAsync(A.KeySet("orders").Next(), Token));
        Assert.True(await stores[0].TrySaveAsync(A.KeySet("orders"), Token));
        Assert.False(await stores[0].TryRemoveAsync("orders", 7, Token));
        await command.ExecuteScalarAsync(Token); // what was committed before it is heard before its answer ends
        while (!heard.Contains(table!)) // a table has a number
            await listener.WaitAsync(Token);
        Assert.Single(heard, payload => payload == table); // the other tests of this database are heard as well
    }

    [Fact]
    public async Task A_cancelled_wait_leaves_the_listening_as_it_was()
    {
        await using var stores = await ListeningAsync(postgres.Server, 2);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var wait = stores[1].WaitForChangeAsync(cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        wait = stores[1].WaitForChangeAsync(Token);
        Assert.True(await stores[0].TrySaveAsync(A.KeySet("orders"), Token));
        await wait.WaitAsync(AtOnce, Token);
    }

    [Fact]
    public async Task Listening_begins_anew_after_the_server_was_away()
    {
        await using var server = await PostgresServer.StartAsync(Token);
        await using var stores = await ListeningAsync(server, 2);
        var wait = stores[1].WaitForChangeAsync(Token);
        await server.CrashAsync(Token);
        await server.StartAgainAsync(Token);
        await wait.WaitAsync(Patience, Token); // told by the return itself: changes may have been missed
        wait = stores[1].WaitForChangeAsync(Token);
        Assert.True(await stores[0].TrySaveAsync(A.KeySet("orders"), Token));
        await wait.WaitAsync(Patience, Token);
        Assert.Single((await stores[1].ReadChangesAsync(0, Token)).Saved);
    }

    [Fact]
    public async Task Disposal_ends_the_wait_and_the_listening()
    {
        var place = await postgres.Server.CreatePlaceAsync(Token);
        await using var stores = new StoreGroup(1, $"{place};Application Name=disposal");
        await stores[0].PrepareAsync(Token);
        await stores[0].WaitForChangeAsync(Token);
        var wait = stores[0].WaitForChangeAsync(Token);
        var started = Stopwatch.GetTimestamp();
        await stores[0].DisposeAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => wait);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => stores[0].WaitForChangeAsync(Token));
        Assert.True(Stopwatch.GetElapsedTime(started) < Patience);
        while ((await postgres.Server.ExecuteAsync("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'disposal'", Token)).Trim() != "0")
            Assert.True(Stopwatch.GetElapsedTime(started) < Patience, "A connection is left.");
    }

    /// <summary>Stores that listen, and have been told so.</summary>
    private static async Task<StoreGroup> ListeningAsync(PostgresServer server, int count)
    {
        var stores = new StoreGroup(count, await server.CreatePlaceAsync(Token));
        foreach (var store in stores)
        {
            await store.PrepareAsync(Token);
            await store.WaitForChangeAsync(Token).WaitAsync(Patience, Token);
        }

        return stores;
    }
}
