using KeyService.Core;
using Npgsql;

namespace KeyService.Storage.Postgres;

/// <summary>The tables, and the way from each version of them to the next.</summary>
internal static class PostgresSchema
{
    /// <summary>"KSvc" in ASCII, then 1. Advisory locks are known by a number, in the whole database.</summary>
    private const long MigrationLock = 0x4B537663_00000001;

    /// <summary>
    /// Entry n leads from version n to n + 1. Entries are never edited once released, only added. Replicas of the old version keep
    /// running on the new tables until they are restarted, so a step may add but not rename or drop what the version before it reads.
    /// </summary>
    private static readonly string[] Migrations =
    [
        // A removed set keeps its row, without document: readers of changes must learn of it.
        """
        CREATE TABLE keyservice_key_sets (
            name text COLLATE "C" NOT NULL PRIMARY KEY,
            revision bigint NOT NULL,
            created bigint NOT NULL,
            change bigint NOT NULL UNIQUE,
            document bytea
        );
        """,
    ];

    /// <summary>Of the store as a whole: the version of its tables, and the number of the latest change.</summary>
    private const string StoreTable = """
        CREATE TABLE keyservice_store (
            only_row boolean NOT NULL PRIMARY KEY DEFAULT true CHECK (only_row),
            version integer NOT NULL,
            change bigint NOT NULL
        );
        INSERT INTO keyservice_store (version, change) VALUES (0, 0);
        """;

    // Not to_regclass: it answers from a cache of the session, which may not have heard of what was made during our wait for the lock.
    private const string HasStoreTable =
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_tables WHERE tablename = 'keyservice_store' AND schemaname = ANY (current_schemas(false)))";

    /// <summary>Makes or upgrades the tables. Any number of replicas may do so at once: one does it, the others wait and find it done.</summary>
    public static async Task<bool> PrepareAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // Where there is nothing to do no lock is taken and nothing is written: the role may have no right to make tables.
        if (await VersionAsync(connection, cancellationToken) == Migrations.Length)
            return false;

        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.ReadCommitted, cancellationToken);
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({MigrationLock})", cancellationToken);
        var version = await VersionAsync(connection, cancellationToken); // another replica may have been at work before we had the lock
        if (version is null)
            await ExecuteAsync(connection, StoreTable, cancellationToken);
        foreach (var migration in Migrations[(version ?? 0)..])
            await ExecuteAsync(connection, migration, cancellationToken);
        await ExecuteAsync(connection, $"UPDATE keyservice_store SET version = {Migrations.Length}", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>Null where there are no tables yet.</summary>
    private static async Task<int?> VersionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (await ScalarAsync(connection, HasStoreTable, cancellationToken) is not true)
            return null;
        var version = (int)(await ScalarAsync(connection, "SELECT version FROM keyservice_store", cancellationToken))!; // it has one row from its transaction on
        return version <= Migrations.Length
            ? version
            : throw new KeyServiceException(
                KeyServiceError.StoreUnavailable,
                $"The store's tables were made by a newer version of KeyService (version {version}; this one knows versions up to {Migrations.Length}).")
            { IsTransient = false };
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, sql);
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

#pragma warning disable CA2100 // only ever built from the constants above
    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql) => new(sql, connection);
#pragma warning restore CA2100
}
