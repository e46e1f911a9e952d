namespace KeyService.Storage.Tests.Postgres;

public sealed class PostgresTurnTests(SharedPostgres postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_process_at_a_time_is_in_a_turn()
    {
        await using var stores = await PreparedAsync(4);
        var (inside, most, rounds) = (0, 0, 0);
        await Task.WhenAll(stores.Select(store => Task.Run(
            async () =>
            {
                for (var i = 0; i < 20; i++)
                {
                    await using var turn = await store.EnterAsync("orders/1", Token);
                    most = Math.Max(most, Interlocked.Increment(ref inside));
                    await Task.Yield();
                    rounds++; // only ever by whoever is inside
                    Interlocked.Decrement(ref inside);
                }
            },
            Token)));
        Assert.Equal((1, 80), (most, rounds));
    }

    [Fact]
    public async Task Turns_of_other_names_and_other_places_do_not_wait()
    {
        await using var stores = await PreparedAsync(2);
        await using var elsewhere = await PreparedAsync(1);
        await using var one = await stores[0].EnterAsync("orders/1", Token);
        await using var other = await stores[1].EnterAsync("orders/2", Token);
        await using var far = await elsewhere[0].EnterAsync("orders/1", Token);
    }

    [Fact]
    public async Task A_wait_for_a_turn_can_be_cancelled()
    {
        await using var stores = await PreparedAsync(2);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await using (await stores[0].EnterAsync("orders/1", Token))
        {
            var wait = stores[1].EnterAsync("orders/1", cancel.Token);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        }

        await using var turn = await stores[1].EnterAsync("orders/1", Token);
    }

    [Fact]
    public async Task The_turn_of_a_process_that_is_gone_is_free()
    {
        var place = await postgres.Server.CreatePlaceAsync(Token);
        await using var stores = new StoreGroup(1, place);
        await stores[0].PrepareAsync(Token);
        await using var gone = SharedPostgres.Open($"{place};Application Name=gone");
        await using var held = await gone.EnterAsync("orders/1", Token);
        var wait = stores[0].EnterAsync("orders/1", Token);
        await postgres.Server.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gone'", Token);
        await using var turn = await wait;
    }

    private async Task<StoreGroup> PreparedAsync(int count)
    {
        var stores = new StoreGroup(count, await postgres.Server.CreatePlaceAsync(Token));
        await stores[0].PrepareAsync(Token);
        return stores;
    }
}
