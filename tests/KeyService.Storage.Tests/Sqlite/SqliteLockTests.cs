using KeyService.Core;
using KeyService.Storage.Crash;
using KeyService.Storage.Sqlite;
using KeyService.Testing;
using Microsoft.Data.Sqlite;

namespace KeyService.Storage.Tests.Sqlite;

/// <summary>What the store does while someone else holds its file, and with what it finds in it.</summary>
public sealed class SqliteLockTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SqliteKeySetStore _store;

    public SqliteLockTests() => _store = new SqliteKeySetStore(
        new SqliteStoreOptions { Path = _directory["keys.db"], LockWait = TimeSpan.FromMinutes(1) }, TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _store.PrepareAsync(Token);
        await _store.TrySaveAsync(A.KeySet("orders"), Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_save_gives_up_a_lock_that_is_never_released_and_changes_nothing()
    {
        await using var impatient = new SqliteKeySetStore(
            new SqliteStoreOptions { Path = _directory["keys.db"], LockWait = TimeSpan.FromSeconds(1) }, TimeProvider.System);
        using (new HeldLock(_directory["keys.db"]))
        {
            var failure = await Assert.ThrowsAsync<KeyServiceException>(() => impatient.TrySaveAsync(A.KeySet("orders").Next(), Token));
            Assert.Equal(KeyServiceError.StoreUnavailable, failure.Error);
            Assert.True(failure.IsTransient);
            Assert.Contains("locked", failure.Message, StringComparison.Ordinal);
        }
        Assert.Equal(1, (await _store.FindAsync("orders", Token))?.Revision);
        Assert.True(await impatient.TrySaveAsync(A.KeySet("orders").Next(), Token));
    }

    [Fact]
    public async Task A_save_waits_for_a_lock_that_is_released()
    {
        using var other = new HeldLock(_directory["keys.db"]);
        var saving = _store.TrySaveAsync(A.KeySet("orders").Next(), Token);
        Assert.NotNull(await _store.FindAsync("orders", Token)); // readers wait for nobody
        Assert.False(saving.IsCompleted);
        other.Dispose();
        Assert.True(await saving);
    }

    [Fact]
    public async Task A_queued_save_hears_its_cancellation_while_another_waits_for_the_lock()
    {
        using var other = new HeldLock(_directory["keys.db"]);
        var first = _store.TrySaveAsync(A.KeySet("orders").Next("first"), Token);
        using var cancellation = new CancellationTokenSource();
        var queued = _store.TrySaveAsync(A.KeySet("invoices"), cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queued);
        Assert.False(first.IsCompleted);
        other.Dispose();
        Assert.True(await first);
        Assert.Null(await _store.FindAsync("invoices", Token));
    }

    [Fact]
    public async Task Disposing_waits_for_a_save_under_way()
    {
        using var other = new HeldLock(_directory["keys.db"]);
        var saving = _store.TrySaveAsync(A.KeySet("orders").Next(), Token);
        var disposing = _store.DisposeAsync().AsTask();
        Assert.False(disposing.IsCompleted);
        other.Dispose();
        Assert.True(await saving);
        await disposing;
        Assert.Equal(2L, Scalar("SELECT revision FROM key_sets"));
    }

    [Fact]
    public async Task Every_commit_is_flushed_to_the_disk()
    {
        Assert.Equal("wal", Scalar("PRAGMA journal_mode"));
        await using var connections = new SqliteConnections(_directory["keys.db"], TimeSpan.FromSeconds(1), TimeProvider.System);
        var synchronous = await connections.WriteAsync(
            connection =>
            {
                using var command = connection.CreateCommand();
                command.CommandText = "PRAGMA synchronous";
                return command.ExecuteScalar();
            },
            Token);
        Assert.Equal(2L, synchronous); // FULL
    }

    [Fact]
    public async Task A_position_from_before_a_restore_begins_again()
    {
        var changes = await _store.ReadChangesAsync(1000, Token);
        Assert.Equal("orders", Assert.Single(changes.Saved).Name);
        Assert.True(changes.Position < 1000);
    }

    [Theory]
    [InlineData("UPDATE key_sets SET document = CAST('{' AS BLOB)", "damaged")]
    [InlineData("UPDATE key_sets SET revision = 5", "revision")]
    [InlineData("UPDATE key_sets SET name = 'invoices'", "name")]
    public async Task A_row_that_was_tampered_with_is_an_error_that_names_the_set(string tampering, string expected)
    {
        Scalar(tampering);
        var failure = await Assert.ThrowsAsync<KeyServiceException>(FindBothAsync);
        Assert.Equal(KeyServiceError.StoreUnavailable, failure.Error);
        Assert.False(failure.IsTransient);
        var unreadable = Assert.Single((await _store.ReadChangesAsync(0, Token)).Unreadable);
        foreach (var told in (string[])[failure.Message, unreadable.Fault])
            Assert.Matches($"key set '(orders|invoices)' .*{expected}", told);

        async Task FindBothAsync()
        {
            await _store.FindAsync("orders", Token);
            await _store.FindAsync("invoices", Token);
        }
    }

    private object? Scalar(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_directory["keys.db"]};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // constants of these tests
        command.CommandText = sql;
#pragma warning restore CA2100
        return command.ExecuteScalar();
    }
}
