using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using KeyService.Core;
using Npgsql;

namespace KeyService.Storage.Postgres;

/// <summary>
/// What may fail between us and the database as the store's one error. SQLSTATE codes: appendix A of PostgreSQL's manual. What is not
/// listed, such as a syntax error, is a bug and flies.
/// </summary>
internal static class PostgresErrors
{
    public static bool IsUnavailable(Exception failure) => WhatFailed(failure) is not null;

    /// <summary>Callers read the message, so it names neither host nor role; the log gets the inner exception.</summary>
    public static KeyServiceException Unavailable(Exception failure) =>
        new(KeyServiceError.StoreUnavailable, $"The store cannot be used: {WhatFailed(failure)}.", failure) { IsTransient = !IsLasting(failure) };

    private static string? WhatFailed(Exception failure) => failure switch
    {
        PostgresException told => WhatWasTold(told.SqlState),
        NpgsqlException { InnerException: TimeoutException } or TimeoutException => "the database did not answer in time",
        _ when IsCertificate(failure) => "the certificate of the database or of its root is refused or cannot be read",
        NpgsqlException or SocketException or IOException => "the database cannot be reached",
        _ => null,
    };

    private static string? WhatWasTold(string state) => state switch
    {
        PostgresErrorCodes.InsufficientPrivilege => "the database refuses this role what it needs",
        PostgresErrorCodes.ReadOnlySqlTransaction => "the database is read-only at the moment",
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn => "its tables are missing or changed",
        PostgresErrorCodes.InvalidCatalogName => "the database does not exist",
        PostgresErrorCodes.InvalidSchemaName => "its schema does not exist",
        PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable => "the database did not answer in time",
        _ => state[..2] switch
        {
            "08" => "the database cannot be reached",
            "28" => "the database refuses the credentials",
            "25" or "40" => "the database did not carry out the transaction",
            "53" => "the database is short of memory, disk or connections",
            "55" or "57" => "the database is not ready",
            "58" or "XX" => "the database has an internal fault",
            _ => null,
        },
    };

    /// <summary>True where waiting does not help, but an operator.</summary>
    private static bool IsLasting(Exception failure) => failure switch
    {
        PostgresException told => told.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.UndefinedTable
            or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.InvalidCatalogName or PostgresErrorCodes.InvalidSchemaName
            || told.SqlState.StartsWith("28", StringComparison.Ordinal),
        _ => IsCertificate(failure),
    };

    /// <summary>Npgsql wraps some of these and lets others fly as they are.</summary>
    private static bool IsCertificate(Exception failure) => (failure is NpgsqlException ? failure.InnerException : failure)
        is AuthenticationException or CryptographicException or FileNotFoundException or DirectoryNotFoundException;
}
