namespace KeyService.Storage.Postgres;

/// <summary>Where replicas keep what they share. Rules: <see cref="PostgresStoreOptionsRules"/>.</summary>
public sealed class PostgresStoreOptions
{
    /// <summary>
    /// Npgsql's connection string, such as <c>Host=db.example;Database=keyservice;Username=keyservice;Password=…;SSL Mode=VerifyFull;Root
    /// Certificate=/etc/keyservice/db-root.pem</c>. What it leaves out: <c>Timeout</c> 5 s (to connect), <c>Command Timeout</c> 10 s,
    /// <c>Keepalive</c> 30 s, <c>Maximum Pool Size</c> 10, <c>Application Name</c> KeyService.
    /// <para>
    /// The role needs no superuser: SELECT, INSERT and UPDATE on the tables, and CREATE in the schema while a new version makes or changes
    /// them. They lie in the first schema of the search path; <c>Search Path</c> names another one, which must exist. With several hosts,
    /// <c>Target Session Attributes=primary</c>. Replication to the host that may take over must be synchronous, or a failover
    /// loses keys that are already published.
    /// </para>
    /// </summary>
    public string ConnectionString { get; set; } = "";
}
