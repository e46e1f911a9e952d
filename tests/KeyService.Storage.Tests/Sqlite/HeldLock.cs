using Microsoft.Data.Sqlite;

namespace KeyService.Storage.Tests.Sqlite;

/// <summary>Holds a database file's write lock until it is disposed, as another process would.</summary>
internal sealed class HeldLock : IDisposable
{
    private readonly SqliteConnection connection;
    private readonly SqliteTransaction transaction;

    public HeldLock(string file)
    {
        connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        transaction = connection.BeginTransaction(deferred: false);
    }

    public void Dispose()
    {
        transaction.Dispose();
        connection.Dispose();
    }
}
