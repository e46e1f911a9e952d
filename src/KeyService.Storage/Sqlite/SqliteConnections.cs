using Microsoft.Data.Sqlite;

namespace KeyService.Storage.Sqlite;

/// <summary>
/// Runs work on connections to one database file. SQLite's calls block, so they run on the thread pool, behind gates that
/// bound how many threads they may hold: one writer, since SQLite has only one lock for writing and the gate queues for it
/// in order of arrival, where its own waiting is by chance; and a few readers, which in WAL mode wait for nobody. Calls are
/// short (a commit is one fsync) and none is on the way of a signature, so they get no threads of their own.
/// </summary>
internal sealed class SqliteConnections(string path, TimeSpan lockWait, TimeProvider time) : IAsyncDisposable
{
    private const int Readers = 4;

    // The longest that one attempt waits for the lock of another process, holding a thread and deaf to cancellation; then
    // it is made again until the time is up.
    private const int AttemptSeconds = 1;

#pragma warning disable CA2213 // a disposed semaphore would leave its waiters waiting; without a wait handle there is nothing to free
    private readonly SemaphoreSlim _writeGate = new(1, 1);
    private readonly SemaphoreSlim _readGate = new(Readers, Readers);
#pragma warning restore CA2213

    // Never creates the file: one that is gone while the service runs is an error and not an empty store.
    private readonly string connectionString = new SqliteConnectionStringBuilder
    {
        DataSource = path,
        Mode = SqliteOpenMode.ReadWrite,
        DefaultTimeout = AttemptSeconds, // else the library goes on polling after SQLite's own wait, 30 s by default
    }.ToString();

    private bool _isDisposed;

    public Task<T> ReadAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken) =>
        RunAsync(_readGate, work, cancellationToken);

    /// <param name="work">May run again after it was refused a lock, so it must leave nothing behind when that happens.</param>
    public Task<T> WriteAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken) =>
        RunAsync(_writeGate, work, cancellationToken);

    /// <summary>Waits for the work under way; what is still queued then fails.</summary>
    public async ValueTask DisposeAsync()
    {
        await _writeGate.WaitAsync();
        for (var i = 0; i < Readers; i++)
            await _readGate.WaitAsync();
        _isDisposed = true;
        await using (var connection = new SqliteConnection(connectionString))
            SqliteConnection.ClearPool(connection); // the last one to close folds the log into the file
        _writeGate.Release();
        _readGate.Release(Readers);
    }

    private async Task<T> RunAsync<T>(SemaphoreSlim gate, Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(SqliteKeySetStore));
            var started = time.GetTimestamp();
            while (true)
            {
                try
                {
                    return await Task.Run(() => Attempt(work), cancellationToken);
                }
                catch (SqliteException failure) when (SqliteErrors.IsLock(failure) && time.GetElapsedTime(started) < lockWait)
                {
                    // Nothing was changed; another process holds the lock. Cancellation is heard between two attempts.
                }
            }
        }
        catch (SqliteException failure) when (SqliteErrors.IsUnavailable(failure))
        {
            throw SqliteErrors.Unavailable(failure);
        }
        finally
        {
            gate.Release();
        }
    }

    private T Attempt<T>(Func<SqliteConnection, T> work)
    {
        using var connection = new SqliteConnection(connectionString);
        connection.Open();
        using (var settings = connection.CreateCommand())
        {
            // Kept by the connection and not by the file. FULL: an acknowledged save survives a power cut.
            settings.CommandText = "PRAGMA busy_timeout = 1000; PRAGMA synchronous = FULL;";
            settings.ExecuteNonQuery();
        }
        return work(connection);
    }
}
