using KeyService.Storage.Sqlite;

namespace KeyService.Server.Configuration;

/// <summary>Section <c>Storage</c>.</summary>
/// <param name="Options">The options of its type: SqliteStoreOptions or PostgresStoreOptions. The composition root makes the store from them.</param>
/// <param name="RefreshInterval">How often changes of other processes are looked for, and due work is done. 100 ms to 1 min, default 1 s.</param>
internal sealed record StorageSettings(object Options, TimeSpan RefreshInterval)
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
        if (Types.TryGetValue(type, out var read))
        {
            var settings = new StorageSettings(read(section), interval);
            section.RefuseOthers();
            return settings;
        }

        section.Problem("Type", $"must be {string.Join(" or ", Types.Keys)}, not '{type}'"); // of what store the other settings are cannot be told
        return new StorageSettings(new object(), interval);
    }
}
