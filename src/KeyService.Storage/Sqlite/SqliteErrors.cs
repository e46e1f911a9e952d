using KeyService.Core;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace KeyService.Storage.Sqlite;

/// <summary>SQLite's result codes (sqlite.org/rescode.html) as the store's one error; what is not listed is a bug and flies.</summary>
internal static class SqliteErrors
{
    public static bool IsLock(SqliteException failure) =>
        failure.SqliteErrorCode is raw.SQLITE_BUSY or raw.SQLITE_LOCKED;

    /// <summary>True where the file, the disk or another process is at fault, and not our SQL.</summary>
    public static bool IsUnavailable(SqliteException failure) => WhatFailed(failure) is not null;

    /// <summary>Callers read the message, so it names no path; the log gets the inner exception.</summary>
    public static KeyServiceException Unavailable(SqliteException failure) =>
        new(KeyServiceError.StoreUnavailable, $"The store cannot be used: {WhatFailed(failure)}.", failure)
        {
            IsTransient = failure.SqliteErrorCode is not (raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB or raw.SQLITE_READONLY),
        };

    private static string? WhatFailed(SqliteException failure) => failure.SqliteErrorCode switch
    {
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => "its file stayed locked by another process",
        raw.SQLITE_PROTOCOL => "its file is contended by too many processes",
        raw.SQLITE_FULL => "its disk is full",
        raw.SQLITE_IOERR => "reading or writing its file failed",
        raw.SQLITE_CANTOPEN => "its file cannot be opened",
        raw.SQLITE_PERM => "its file may not be accessed",
        raw.SQLITE_READONLY => "its file or directory is read-only",
        raw.SQLITE_CORRUPT => "its file is damaged",
        raw.SQLITE_NOTADB => "its file is not a SQLite database",
        _ => null,
    };
}
