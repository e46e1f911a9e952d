using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using KeyService.Core;
using KeyService.Storage.Crash;

namespace KeyService.Storage.Tests.Postgres;

public sealed class PostgresConnectionTests(SharedPostgres postgres)
{
    private const string Secret = "not-the-password";
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_wrong_password_is_told_and_not_repeated()
    {
        var failure = await FailAsync($"{await postgres.Server.CreatePlaceAsync(Token)};Password={Secret}");
        Assert.False(failure.IsTransient);
        Assert.Contains("refuses the credentials", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_password_is_told()
    {
        var place = (await postgres.Server.CreatePlaceAsync(Token)).Replace($"Password={postgres.Server.Password};", "", StringComparison.Ordinal);
        await FailAsync(place);
    }

    [Fact]
    public async Task A_database_that_does_not_exist_is_told() =>
        Assert.Contains("database does not exist", (await FailAsync($"{await postgres.Server.CreatePlaceAsync(Token)};Database=nowhere")).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_host_that_does_not_exist_is_a_passing_failure() =>
        Assert.True((await FailAsync($"Host=nowhere.invalid;Username=u;Password={Secret}")).IsTransient);

    [Fact]
    public async Task A_database_that_never_answers_is_given_up_in_time()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start(); // the system takes connections for it, and nobody says a word
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var failure = await FailAsync($"Host=127.0.0.1;Port={port};Username=u;Password={Secret};Timeout=1;Command Timeout=1");
        Assert.True(failure.IsTransient);
    }

    [Fact]
    public async Task A_lock_that_is_not_given_back_is_given_up_in_time()
    {
        var place = await postgres.Server.CreatePlaceAsync(Token);
        await using var store = SharedPostgres.Open($"{place};Command Timeout=1");
        await store.PrepareAsync(Token);
        await using var other = new Npgsql.NpgsqlConnection(place);
        await other.OpenAsync(Token);
        await using var transaction = await other.BeginTransactionAsync(Token);
        await using var held = new Npgsql.NpgsqlCommand("SELECT FROM keyservice_store FOR UPDATE", other, transaction);
        await held.ExecuteNonQueryAsync(Token);
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => store.TrySaveAsync(A.KeySet("orders"), Token));
        Assert.Equal((KeyServiceError.StoreUnavailable, true), (failure.Error, failure.IsTransient));
        await transaction.RollbackAsync(Token);
        Assert.Null(await store.FindAsync("orders", Token));
        Assert.True(await store.TrySaveAsync(A.KeySet("orders"), Token));
    }

    [Fact]
    public async Task A_cancelled_read_is_no_failure_of_the_store()
    {
        var place = await postgres.Server.CreatePlaceAsync(Token);
        await using var store = SharedPostgres.Open(place);
        await store.PrepareAsync(Token);
        await using var other = new Npgsql.NpgsqlConnection(place);
        await other.OpenAsync(Token);
        await using var transaction = await other.BeginTransactionAsync(Token);
        await using var held = new Npgsql.NpgsqlCommand("LOCK TABLE keyservice_store IN ACCESS EXCLUSIVE MODE", other, transaction);
        await held.ExecuteNonQueryAsync(Token);

        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var read = store.ReadChangesAsync(0, cancel.Token);
        await using var waits = new Npgsql.NpgsqlCommand("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'keyservice_store'::regclass", other, transaction);
        while (await waits.ExecuteScalarAsync(Token) is 0L)
            Assert.False(read.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
    }

    [Fact]
    public async Task It_comes_back_by_itself_after_a_restart_and_after_a_crash()
    {
        await using var server = await PostgresServerAsync();
        await using var store = SharedPostgres.Open(await server.CreatePlaceAsync(Token));
        await store.PrepareAsync(Token);
        var saved = A.KeySet("orders");
        Assert.True(await store.TrySaveAsync(saved, Token));
        foreach (var end in new[] { server.StopAsync, new Func<CancellationToken, Task>(server.CrashAsync) })
        {
            await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => store.FindAsync("orders", Token))); // so that the pool holds several
            await end(Token);
            var started = Stopwatch.GetTimestamp();
            foreach (var call in new Func<Task>[] { () => store.FindAsync("orders", Token), () => store.ReadChangesAsync(0, Token), () => store.TrySaveAsync(saved.Next(), Token) })
            {
                var failure = await Assert.ThrowsAsync<KeyServiceException>(call);
                Assert.Equal((KeyServiceError.StoreUnavailable, true), (failure.Error, failure.IsTransient));
            }

            Assert.True(Stopwatch.GetElapsedTime(started) < Bound);
            await server.StartAgainAsync(Token);
            saved = saved.Next();
            Assert.True(await store.TrySaveAsync(saved, Token)); // at the first try
            Assert.Equal(saved.Revision, (await store.FindAsync("orders", Token))?.Revision);
        }
    }

    [Fact]
    public async Task Connections_that_died_unseen_cost_no_call()
    {
        await using var server = await PostgresServerAsync();
        await using var store = SharedPostgres.Open(await server.CreatePlaceAsync(Token));
        await store.PrepareAsync(Token);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => store.FindAsync("orders", Token)));
        await server.CrashAsync(Token);
        await server.StartAgainAsync(Token);
        Assert.True(await store.TrySaveAsync(A.KeySet("orders"), Token));
    }

    private static Task<Testing.Postgres.PostgresServer> PostgresServerAsync() => Testing.Postgres.PostgresServer.StartAsync(Token);

    private static async Task<KeyServiceException> FailAsync(string place)
    {
        await using var store = SharedPostgres.Open(place);
        var started = Stopwatch.GetTimestamp();
        var failures = new[]
        {
            await Assert.ThrowsAsync<KeyServiceException>(() => store.PrepareAsync(Token)),
            await Assert.ThrowsAsync<KeyServiceException>(() => store.TrySaveAsync(A.KeySet("orders"), Token)),
        };
        Assert.True(Stopwatch.GetElapsedTime(started) < Bound);
        Assert.All(failures, failure => Assert.Equal(KeyServiceError.StoreUnavailable, failure.Error));
        Assert.All(failures, failure => Assert.DoesNotContain(Secret, failure.ToString(), StringComparison.Ordinal)); // causes included: the log gets them
        return failures[0];
    }
}
