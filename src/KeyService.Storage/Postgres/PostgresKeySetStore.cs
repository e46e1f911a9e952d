using System.ComponentModel.DataAnnotations;
using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Core.Storage;
using Npgsql;

namespace KeyService.Storage.Postgres;

/// <summary>Keeps the key sets in a PostgreSQL database (13 or later), which any number of replicas share.</summary>
public sealed class PostgresKeySetStore : IKeySetStore, IChangeNotifications, IProcessTurns
{
    // Every change begins here. Changes take their numbers in the order in which they commit: the row stays locked until the
    // transaction ends, so nobody gets the next number before this one is visible. Numbers of a sequence would not do: a transaction
    // may commit after one that drew a later number, and a reader that has seen the later one would pass over it for good.
    private const string TakeNumber = "UPDATE keyservice_store SET change = change + 1";

    private const string SaveFirst = """
        INSERT INTO keyservice_key_sets AS present (name, revision, created, change, document)
        SELECT $1, $2, $3, change, $4 FROM keyservice_store
        ON CONFLICT (name) DO UPDATE
        SET revision = excluded.revision, created = excluded.created, change = excluded.change, document = excluded.document
        WHERE present.document IS NULL
        """;

    // The date of creation tells a set from a later one of the same name: a replica that still holds the removed one must
    // not save over its namesake, which may have come to the same revision.
    private const string SaveNext = """
        UPDATE keyservice_key_sets
        SET revision = $2, change = (SELECT change FROM keyservice_store), document = $4
        WHERE name = $1 AND revision = $2 - 1 AND created = $3 AND document IS NOT NULL
        """;

    private const string Remove = """
        UPDATE keyservice_key_sets
        SET change = (SELECT change FROM keyservice_store), document = NULL
        WHERE name = $1 AND revision = $2 AND document IS NOT NULL
        """;

    private const string Find = "SELECT revision, document FROM keyservice_key_sets WHERE name = $1 AND document IS NOT NULL";

    // One statement sees one state. Its first column is the position, also where nothing changed. A position ahead of the store is from
    // before a restore of a backup: then from the beginning, or changes would be missed.
    private const string Changes = """
        SELECT store.change, sets.name, sets.revision, sets.document
        FROM keyservice_store AS store
        LEFT JOIN keyservice_key_sets AS sets ON sets.change > CASE WHEN $1 > store.change THEN 0 ELSE $1 END
        ORDER BY sets.change
        """;

    private readonly NpgsqlDataSource _dataSource;
    private readonly PostgresConnections _connections;
    private readonly PostgresNotifications _notifications;
    private readonly PostgresTurns _turns;
    private readonly string _place;

    /// <exception cref="ValidationException">The connection string breaks a rule.</exception>
    public PostgresKeySetStore(PostgresStoreOptions options, ILogger<PostgresKeySetStore> logger, TimeProvider time)
    {
        if (PostgresStoreOptionsRules.Problems(options).FirstOrDefault() is { } problem)
            throw new ValidationException(problem);
        var settings = PostgresStoreOptionsRules.Read(options.ConnectionString)!; // the rules read it just now
        _place = $"The server is '{settings.Host}', port {settings.Port}, database '{settings.Database ?? settings.Username}'.";
        _dataSource = new NpgsqlDataSourceBuilder(settings.ConnectionString).Build();
        _connections = new PostgresConnections(_dataSource);
        _turns = new PostgresTurns(_connections);
        _notifications = new PostgresNotifications(_dataSource, logger, time);
    }

    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _connections.ReadAsync(PostgresSchema.PrepareAsync, cancellationToken);
        }
        catch (KeyServiceException failure)
        {
            // At start the operator reads it, who wants the place; no caller is there yet.
            throw new KeyServiceException(failure.Error, $"{failure.Message} {_place}", failure.InnerException ?? failure) { IsTransient = failure.IsTransient };
        }
    }

    public Task<KeySet?> FindAsync(string name, CancellationToken cancellationToken) =>
        _connections.ReadAsync(
            async (connection, cancelled) =>
            {
                await using var command = new NpgsqlCommand(Find, connection) { Parameters = { Value(name) } };
                await using var row = await command.ExecuteReaderAsync(cancelled);
                return await row.ReadAsync(cancelled) ? StoredDocument.Read(name, row.GetInt64(0), await row.GetFieldValueAsync<byte[]>(1, cancelled)) : null;
            },
            cancellationToken);

    public Task<StoreChanges> ReadChangesAsync(long position, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        return _connections.ReadAsync((connection, cancelled) => ReadChangesAsync(connection, position, cancelled), cancellationToken);
    }

    public async Task<bool> TrySaveAsync(KeySet keySet, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keySet.Revision, 1);
        var save = new NpgsqlBatchCommand(keySet.Revision == 1 ? SaveFirst : SaveNext)
        {
            Parameters = { Value(keySet.Name), Value(keySet.Revision), Value(keySet.Created.UtcTicks), Value(KeySetDocument.Write(keySet)) },
        };
        return await ChangeAsync(keySet.Name, save, cancellationToken);
    }

    public Task<bool> TryRemoveAsync(string name, long revision, CancellationToken cancellationToken) =>
        ChangeAsync(name, new NpgsqlBatchCommand(Remove) { Parameters = { Value(name), Value(revision) } }, cancellationToken);

    public Task WaitForChangeAsync(CancellationToken cancellationToken) => _notifications.WaitForChangeAsync(cancellationToken);

    public Task<IAsyncDisposable> EnterAsync(string name, CancellationToken cancellationToken) => _turns.EnterAsync(name, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _notifications.DisposeAsync();
        await _dataSource.DisposeAsync();
        _turns.Dispose();
    }

    /// <summary>A change that turns out to be refused leaves a number unused, which harms nobody.</summary>
    private async Task<bool> ChangeAsync(string name, NpgsqlBatchCommand change, CancellationToken cancellationToken)
    {
        var notify = new NpgsqlBatchCommand(PostgresNotifications.Notify) { Parameters = { Value(name) } };
        return await _connections.WriteAsync([new NpgsqlBatchCommand(TakeNumber), change, notify], counted: 1, cancellationToken) == 1;
    }

    private static async Task<StoreChanges> ReadChangesAsync(NpgsqlConnection connection, long position, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Changes, connection) { Parameters = { Value(position) } };
        var saved = new List<KeySet>();
        var removed = new List<string>();
        var unreadable = new List<UnreadableKeySet>();
        var end = position;
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            end = row.GetInt64(0);
            if (await row.IsDBNullAsync(1, cancellationToken))
                continue; // nothing changed
            var name = row.GetString(1);
            if (await row.IsDBNullAsync(3, cancellationToken))
                removed.Add(name);
            else
                StoredDocument.Read(name, row.GetInt64(2), await row.GetFieldValueAsync<byte[]>(3, cancellationToken), saved, unreadable);
        }

        return new StoreChanges(end, saved, removed) { Unreadable = unreadable };
    }

    private static NpgsqlParameter<T> Value<T>(T value) => new() { TypedValue = value };
}
