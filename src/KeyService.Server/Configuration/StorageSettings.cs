using KeyService.Server.Catalog;
using KeyService.Storage.Sqlite;

namespace KeyService.Server.Configuration;

/// <summary>Section <c>Storage</c>.</summary>
/// <param name="Options">The options of its type: SqliteStoreOptions or PostgresStoreOptions. The composition root makes the store from them.</param>
/// <param name="RefreshInterval">How often changes of other processes are looked for, and due work is done. 100 ms to 1 min, default 1 s.</param>
/// <param name="MaxStaleness">How long signing and publishing go on when the store cannot be read. 1 s to 30 days, default 10 min.</param>
internal sealed record StorageSettings(object Options, TimeSpan RefreshInterval, TimeSpan MaxStaleness)
{
    private const string DefaultType = "Sqlite";

    private static readonly SortedDictionary<string, Func<SettingsReader, object>> Types = new(StringComparer.Ordinal)
    {
        ["Postgres"] = PostgresSettings.Read,
        [DefaultType] = static section => new SqliteStoreOptions { Path = section.Text("Path") ?? "keyservice.db" },
    };

    public static StorageSettings Read(SettingsReader section)
    {
        var type = section.Text("Type") ?? DefaultType;
        var interval = section.Duration("RefreshInterval", TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));
        var staleness = section.Duration("MaxStaleness", TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(1), TimeSpan.FromDays(30));
        if (staleness < Staleness.LeastIntervals * interval)
            section.Problem("MaxStaleness", "must be at least five times RefreshInterval, or a read that is a little late would stop the service");
        if (Types.TryGetValue(type, out var read))
        {
            var settings = new StorageSettings(read(section), interval, staleness);
            section.RefuseOthers();
            return settings;
        }

        section.Problem("Type", $"must be {string.Join(" or ", Types.Keys)}, not '{type}'"); // of what store the other settings are cannot be told
        return new StorageSettings(new object(), interval, staleness);
    }
}
