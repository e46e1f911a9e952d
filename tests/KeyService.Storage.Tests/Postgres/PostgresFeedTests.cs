using KeyService.Core.Keys;
using KeyService.Storage.Crash;
using KeyService.Storage.Postgres;

namespace KeyService.Storage.Tests.Postgres;

public sealed class PostgresFeedTests(SharedPostgres postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Each reader follows the feed alone, so a change that it passed over would never come to it again.
    [Fact]
    public async Task Readers_see_every_change_of_many_writers_on_different_sets()
    {
        const int Writers = 12;
        const int Saves = 40;
        await using var stores = new StoreGroup(4, await postgres.Server.CreatePlaceAsync(Token));
        await stores[0].PrepareAsync(Token);
        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(
            async () =>
            {
                for (var i = 0; i < Saves; i++)
                    Assert.True(await stores[writer % 4].TrySaveAsync(A.KeySet($"set-{writer}-{i}"), Token));
            },
            Token)));

        var readers = await Task.WhenAll(stores.Take(3).Select(store => Task.Run(() => FollowAsync(store, writing), Token)));
        await writing;
        foreach (var (seen, reads) in readers)
        {
            Assert.Equal(Writers * Saves, seen.Count);
            Assert.True(reads > 2, $"The reader must have read while the others wrote; it did {reads} times.");
        }
    }

    [Fact]
    public async Task A_change_that_is_not_yet_committed_holds_up_the_next_one()
    {
        var place = await postgres.Server.CreatePlaceAsync(Token);
        await using var stores = new StoreGroup(1, place);
        await stores[0].PrepareAsync(Token);
        await using var slow = new Npgsql.NpgsqlConnection(place);
        await slow.OpenAsync(Token);
        await using var transaction = await slow.BeginTransactionAsync(Token);
        await using var half = new Npgsql.NpgsqlCommand("UPDATE keyservice_store SET change = change + 1", slow, transaction);
        await half.ExecuteNonQueryAsync(Token);

        var save = stores[0].TrySaveAsync(A.KeySet("orders"), Token);
        await using var waits = new Npgsql.NpgsqlCommand("SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid IS NOT NULL", slow, transaction);
        while (await waits.ExecuteScalarAsync(Token) is 0L)
            Assert.False(save.IsCompleted);
        Assert.Equal(0, (await stores[0].ReadChangesAsync(0, Token)).Position);
        await transaction.CommitAsync(Token);
        Assert.True(await save);
        Assert.Equal(2, (await stores[0].ReadChangesAsync(0, Token)).Position);
    }

    [Fact]
    public async Task A_position_ahead_of_a_restored_store_brings_everything()
    {
        await using var stores = new StoreGroup(1, await postgres.Server.CreatePlaceAsync(Token));
        await stores[0].PrepareAsync(Token);
        await stores[0].TrySaveAsync(A.KeySet("orders"), Token);
        var changes = await stores[0].ReadChangesAsync(1000, Token);
        Assert.Equal("orders", Assert.Single(changes.Saved).Name);
        Assert.Equal(1, changes.Position);
    }

    private static async Task<(HashSet<string> Seen, int Reads)> FollowAsync(PostgresKeySetStore store, Task writing)
    {
        var seen = new HashSet<string>();
        var reads = 0;
        for (long position = 0, done = 0; done < 2;)
        {
            if (writing.IsCompleted)
                done++; // and once more, for what came after the read under way
            var changes = await store.ReadChangesAsync(position, Token);
            Assert.True(changes.Position >= position);
            foreach (KeySet keySet in changes.Saved)
                Assert.True(seen.Add(keySet.Name), $"{keySet.Name} came twice.");
            position = changes.Position;
            reads++;
        }

        return (seen, reads);
    }
}
