using System.Globalization;
using Microsoft.Data.Sqlite;

namespace KeyService.Storage.Sqlite;

/// <summary>The tables, and the way from each version of them to the next.</summary>
internal static class SqliteSchema
{
    /// <summary>"KSvc" in ASCII. Marks the file as ours, so that no foreign database is ever written to.</summary>
    private const long ApplicationId = 0x4B537663;

    /// <summary>
    /// Entry n leads from version n to n + 1. Entries are never edited once released, only added. Replicas of the old
    /// version keep running on the new tables until they are restarted, so a step may add but not rename or drop what
    /// the version before it reads.
    /// </summary>
    private static readonly string[] Migrations =
    [
        // A removed set keeps its row, without document: readers of changes must learn of it. The highest change is the
        // store's position; SQLite has one writer at a time, so changes become visible in their order.
        """
        CREATE TABLE key_sets (
            name TEXT NOT NULL PRIMARY KEY,
            revision INTEGER NOT NULL,
            created INTEGER NOT NULL,
            change INTEGER NOT NULL UNIQUE,
            document BLOB
        ) STRICT;
        """,
    ];

    /// <summary>Makes or upgrades the tables. Several processes may do so at once.</summary>
    public static void Prepare(SqliteConnection connection, string path)
    {
        // First without the writer's lock: a foreign file must not be touched, let alone have its journal mode changed. Within one read
        // all the same: between two, another process of ours may make the tables, and the mark seen would be from before.
        using (connection.BeginTransaction(deferred: true))
            RefuseForeign(connection, path);
        using (var transaction = connection.BeginTransaction(deferred: false))
        {
            RefuseForeign(connection, path); // it may have become someone's before we had the lock
            var version = (int)Pragma(connection, "user_version");
            for (; version < Migrations.Length; version++)
                Execute(connection, Migrations[version]);
            Execute(connection, $"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {version};");
            transaction.Commit();
        }

        // Write-ahead log: readers and the writer do not wait for each other. Remembered in the file.
        if (Scalar(connection, "PRAGMA journal_mode = WAL") is not "wal")
            throw SqliteFile.Unusable(path, "its file system cannot hold a write-ahead log (shared memory is missing)");
    }

    private static void RefuseForeign(SqliteConnection connection, string path)
    {
        var application = Pragma(connection, "application_id");
        var isNew = application == 0 && Convert.ToInt64(
            Scalar(connection, "SELECT count(*) FROM sqlite_schema"), CultureInfo.InvariantCulture) == 0;
        if (application != ApplicationId && !isNew)
            throw SqliteFile.Unusable(path, "it is a database of another program");
        var version = Pragma(connection, "user_version");
        if (version > Migrations.Length)
        {
            throw SqliteFile.Unusable(path,
                $"a newer version of KeyService made it (schema {version}; this version knows schemas up to {Migrations.Length})");
        }
    }

    private static long Pragma(SqliteConnection connection, string name) =>
        Convert.ToInt64(Scalar(connection, $"PRAGMA {name}"), CultureInfo.InvariantCulture);

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = Command(connection, sql);
        return command.ExecuteScalar();
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = Command(connection, sql);
        command.ExecuteNonQuery();
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // only ever built from the constants above: a PRAGMA takes no parameters
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }
}
