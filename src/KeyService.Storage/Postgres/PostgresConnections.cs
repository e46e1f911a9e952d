using Npgsql;

namespace KeyService.Storage.Postgres;

/// <summary>Runs work on pooled connections that were found alive, and tells its failures as the store's.</summary>
internal sealed class PostgresConnections(NpgsqlDataSource dataSource)
{
    private const int PingSeconds = 5;

    /// <summary>Work that changes nothing, and may be cancelled at any moment.</summary>
    public async Task<T> ReadAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await OpenAsync(cancellationToken);
            return await work(connection, cancellationToken);
        }
        catch (Exception failure) when (PostgresErrors.IsUnavailable(failure))
        {
            cancellationToken.ThrowIfCancellationRequested(); // a cancelled connection attempt may show as a broken one
            throw PostgresErrors.Unavailable(failure);
        }
    }

    /// <summary>
    /// Sends commands that change something, all in one message and as one transaction. Once they are sent they are not cancelled any more:
    /// whether they were carried out could not be told. Nor does a client that freezes in between hold the locks: the server has all it needs.
    /// </summary>
    /// <returns>The rows that command <paramref name="counted"/> changed.</returns>
    public async Task<long> WriteAsync(IReadOnlyList<NpgsqlBatchCommand> commands, int counted, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await OpenAsync(cancellationToken);
            await using var batch = new NpgsqlBatch(connection);
            // Said, because the default can be set to another level: each command must see what was committed while the one before it waited.
            batch.BatchCommands.Add(new NpgsqlBatchCommand("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"));
            foreach (var command in commands)
                batch.BatchCommands.Add(command);
            batch.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));
            await batch.ExecuteNonQueryAsync(CancellationToken.None);
            return commands[counted].RecordsAffected;
        }
        catch (Exception failure) when (PostgresErrors.IsUnavailable(failure))
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Unavailable(failure);
        }
    }

    /// <summary>
    /// A connection that answers. After the server was restarted the pool is full of dead ones, and a write must not find that out:
    /// it could not tell whether it was carried out, so it could not be repeated.
    /// </summary>
    public async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await OpenOneAsync(cancellationToken);
        }
        catch (NpgsqlException failure) when (failure.InnerException is IOException || failure.SqlState?.StartsWith("57P", StringComparison.Ordinal) == true)
        {
            dataSource.Clear();
            return await OpenOneAsync(cancellationToken);
        }
    }

    private async Task<NpgsqlConnection> OpenOneAsync(CancellationToken cancellationToken)
    {
        var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        try
        {
            await using var ping = new NpgsqlCommand("SELECT 1", connection) { CommandTimeout = PingSeconds };
            await ping.ExecuteScalarAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
