using Npgsql;

namespace KeyService.Storage.Postgres;

/// <summary>The rules of <see cref="PostgresStoreOptions"/>, told in sentences that name the setting and never repeat a value.</summary>
public static class PostgresStoreOptionsRules
{
    private const int LongestWait = 60;

    /// <summary>One listens, four hold turns, and the rest is for calls.</summary>
    private const int LeastConnections = 8;

    /// <summary>Every mistake in <paramref name="options"/>; empty where there is none. Connects to nothing.</summary>
    public static IEnumerable<string> Problems(PostgresStoreOptions options)
    {
        if (Read(options.ConnectionString) is not { } connection)
        {
            yield return $"{nameof(options.ConnectionString)} must be a connection string of Npgsql, such as Host=db.example;Database=keyservice;Username=keyservice.";
            yield break;
        }

        if (string.IsNullOrWhiteSpace(connection.Host))
            yield return $"{nameof(options.ConnectionString)} must have a Host.";
        if (connection.Timeout is < 1 or > LongestWait || connection.CommandTimeout is < 1 or > LongestWait)
            yield return $"{nameof(options.ConnectionString)} must have a Timeout and a Command Timeout from 1 to {LongestWait} s, or none.";
        if (connection.MaxPoolSize < LeastConnections)
            yield return $"{nameof(options.ConnectionString)} must allow a Maximum Pool Size of {LeastConnections} or more.";
        if (connection.IncludeErrorDetail)
            yield return $"{nameof(options.ConnectionString)} must not ask for Include Error Detail, which puts stored data into the log.";
    }

    /// <summary>With the defaults filled in; null where it cannot be read.</summary>
    internal static NpgsqlConnectionStringBuilder? Read(string connectionString)
    {
        try
        {
            // Later members win over earlier ones, so these are defaults.
            return new NpgsqlConnectionStringBuilder(
                $"Timeout=5;Command Timeout=10;Keepalive=30;Maximum Pool Size=10;Application Name=KeyService;{connectionString}");
        }
        catch (Exception malformed) when (malformed is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            return null; // not even as a cause: where a password holds a semicolon, the message repeats the rest of it
        }
    }
}
