using System.ComponentModel.DataAnnotations;
using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Core.Storage;
using Microsoft.Data.Sqlite;

namespace KeyService.Storage.Sqlite;

/// <summary>
/// Keeps the key sets in one SQLite file, which several processes of one machine may share. A cancelled save or removal
/// was either not begun, or made whole and then answered as made: never left unknown.
/// </summary>
public sealed class SqliteKeySetStore : IKeySetStore
{
    // Compare and set in one statement, which SQLite commits as a whole.
    private const string SaveFirst = """
        INSERT INTO key_sets (name, revision, created, change, document)
        VALUES ($name, $revision, $created, (SELECT coalesce(max(change), 0) + 1 FROM key_sets), $document)
        ON CONFLICT (name) DO UPDATE
        SET revision = excluded.revision, created = excluded.created, change = excluded.change, document = excluded.document
        WHERE key_sets.document IS NULL
        """;

    // The date of creation tells a set from a later one of the same name: a replica that still holds the removed one must
    // not save over its namesake, which may have come to the same revision.
    private const string SaveNext = """
        UPDATE key_sets
        SET revision = $revision, change = (SELECT max(change) + 1 FROM key_sets), document = $document
        WHERE name = $name AND revision = $revision - 1 AND created = $created AND document IS NOT NULL
        """;

    private readonly string _path;
    private readonly SqliteConnections _connections;

    /// <exception cref="ValidationException">An option is out of its range.</exception>
    public SqliteKeySetStore(SqliteStoreOptions options, TimeProvider time)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        _path = Path.GetFullPath(options.Path);
        _connections = new SqliteConnections(_path, options.LockWait, time);
    }

    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await Task.Run(() => SqliteFile.Prepare(_path), cancellationToken);
        try
        {
            await _connections.WriteAsync(
                connection =>
                {
                    SqliteSchema.Prepare(connection, _path);
                    return true; // nothing to say: it threw or it is done
                },
                cancellationToken);
        }
        catch (KeyServiceException failure) when (failure.InnerException is SqliteException)
        {
            // At start the operator reads it, who wants the path; no caller is there yet.
            throw new KeyServiceException(failure.Error, $"{failure.Message} The file is '{_path}'.", failure) { IsTransient = failure.IsTransient };
        }
    }

    public Task<KeySet?> FindAsync(string name, CancellationToken cancellationToken) =>
        _connections.ReadAsync(
            connection =>
            {
                using var command = connection.CreateCommand();
                command.CommandText = "SELECT revision, document FROM key_sets WHERE name = $name AND document IS NOT NULL";
                command.Parameters.AddWithValue("$name", name);
                using var row = command.ExecuteReader();
                return row.Read() ? StoredDocument.Read(name, row.GetInt64(0), row.GetFieldValue<byte[]>(1)) : null;
            },
            cancellationToken);

    public Task<StoreChanges> ReadChangesAsync(long position, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        return _connections.ReadAsync(connection => ReadChanges(connection, position), cancellationToken);
    }

    public Task<bool> TrySaveAsync(KeySet keySet, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keySet.Revision, 1);
        var document = KeySetDocument.Write(keySet);
        return _connections.WriteAsync(
            connection =>
            {
                using var command = connection.CreateCommand();
                if (keySet.Revision == 1)
                    command.CommandText = SaveFirst;
                else
                    command.CommandText = SaveNext;
                command.Parameters.AddWithValue("$name", keySet.Name);
                command.Parameters.AddWithValue("$revision", keySet.Revision);
                command.Parameters.AddWithValue("$created", keySet.Created.UtcTicks);
                command.Parameters.AddWithValue("$document", document);
                return command.ExecuteNonQuery() == 1;
            },
            cancellationToken);
    }

    public Task<bool> TryRemoveAsync(string name, long revision, CancellationToken cancellationToken) =>
        _connections.WriteAsync(
            connection =>
            {
                using var command = connection.CreateCommand();
                command.CommandText = """
                    UPDATE key_sets
                    SET change = (SELECT max(change) + 1 FROM key_sets), document = NULL
                    WHERE name = $name AND revision = $revision AND document IS NOT NULL
                    """;
                command.Parameters.AddWithValue("$name", name);
                command.Parameters.AddWithValue("$revision", revision);
                return command.ExecuteNonQuery() == 1;
            },
            cancellationToken);

    public ValueTask DisposeAsync() => _connections.DisposeAsync();

    private static StoreChanges ReadChanges(SqliteConnection connection, long position)
    {
        using var snapshot = connection.BeginTransaction(deferred: true); // both statements see the same state
        using var latest = connection.CreateCommand();
        latest.CommandText = "SELECT coalesce(max(change), 0) FROM key_sets";
        var end = (long)latest.ExecuteScalar()!; // an aggregate always has one row

        // A position ahead of the store is from before a restore of a backup: begin again, or changes would be missed.
        var start = position > end ? 0 : position;
        using var changes = connection.CreateCommand();
        changes.CommandText = "SELECT name, revision, document FROM key_sets WHERE change > $start ORDER BY change";
        changes.Parameters.AddWithValue("$start", start);

        var saved = new List<KeySet>();
        var removed = new List<string>();
        var unreadable = new List<UnreadableKeySet>();
        using var row = changes.ExecuteReader();
        while (row.Read())
        {
            var name = row.GetString(0);
            if (row.IsDBNull(2))
                removed.Add(name);
            else
                StoredDocument.Read(name, row.GetInt64(1), row.GetFieldValue<byte[]>(2), saved, unreadable);
        }
        return new StoreChanges(end, saved, removed) { Unreadable = unreadable };
    }
}
