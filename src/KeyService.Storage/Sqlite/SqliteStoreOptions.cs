using System.ComponentModel.DataAnnotations;

namespace KeyService.Storage.Sqlite;

/// <summary>Where the embedded store keeps its file.</summary>
public sealed class SqliteStoreOptions
{
    /// <summary>
    /// The database file, on a local disk: SQLite's locks do not hold on network file systems. A relative path counts from
    /// the current directory. Directories that are missing are made for the owner alone, and so is the file. SQLite keeps
    /// two more files beside it, ending in <c>-wal</c> and <c>-shm</c>, which belong to it: a backup that copies only this
    /// one may miss the latest changes. No file of the three may be replaced while the service runs.
    /// </summary>
    [Required]
    public string Path { get; set; } = "";

    /// <summary>
    /// How long a call waits while another process holds the file's lock. 1 s to 1 min in whole seconds, default 10 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan LockWait { get; set; } = TimeSpan.FromSeconds(10);
}
