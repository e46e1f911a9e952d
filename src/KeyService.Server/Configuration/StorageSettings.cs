namespace KeyService.Server.Configuration;

/// <summary>Section <c>Storage</c>. <c>Type</c> is <c>Sqlite</c>.</summary>
/// <param name="Path">The database file. Default <c>keyservice.db</c> in the working directory.</param>
/// <param name="RefreshInterval">How often changes of other processes are looked for, and due work is done. 100 ms to 1 min, default 1 s.</param>
/// <param name="MaxStaleness">How long signing and publishing go on when the store cannot be read. 1 s to 30 days, default 10 min.</param>
internal sealed record StorageSettings(string Path, TimeSpan RefreshInterval, TimeSpan MaxStaleness);
