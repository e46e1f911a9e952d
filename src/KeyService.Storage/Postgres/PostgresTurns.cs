using Npgsql;

namespace KeyService.Storage.Postgres;

/// <summary>Turns as advisory locks, each held by a connection: the server gives the lock back when the connection ends, however it ends.</summary>
internal sealed class PostgresTurns(PostgresConnections connections) : IDisposable
{
    /// <summary>At a time in this process, so that connections are left in the pool for the work that is done in the turns.</summary>
    private const int Most = 4;

    /// <summary>Others may be making a key meanwhile, which takes seconds to minutes.</summary>
    private const int LongestWaitSeconds = 60;

    private readonly SemaphoreSlim _places = new(Most, Most);

    public async Task<IAsyncDisposable> EnterAsync(string name, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        NpgsqlConnection? connection = null;
        try
        {
            connection = await connections.OpenAsync(cancellationToken);
            // The table's number keeps stores in different schemas apart, since locks are known in the whole database.
            await using var enter = new NpgsqlCommand("SELECT pg_advisory_lock(hashtextextended($1, 'keyservice_store'::regclass::oid::bigint))", connection)
            {
                CommandTimeout = LongestWaitSeconds,
                Parameters = { new NpgsqlParameter<string> { TypedValue = name } },
            };
            await enter.ExecuteNonQueryAsync(cancellationToken);
            return new Turn(connection, _places);
        }
        catch (Exception failure)
        {
            if (connection is not null)
                await connection.DisposeAsync();
            _places.Release();
            if (!PostgresErrors.IsUnavailable(failure))
                throw;
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Unavailable(failure);
        }
    }

    public void Dispose() => _places.Dispose();

    private sealed class Turn(NpgsqlConnection connection, SemaphoreSlim places) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            try
            {
                // The pool would give it back too, but only when the connection is used again.
                await using var leave = new NpgsqlCommand("SELECT pg_advisory_unlock_all()", connection);
                await leave.ExecuteNonQueryAsync(CancellationToken.None);
            }
            catch (Exception failure) when (PostgresErrors.IsUnavailable(failure))
            {
                // The connection broke, and the lock went with it.
            }
            finally
            {
                await connection.DisposeAsync();
                places.Release();
            }
        }
    }
}
