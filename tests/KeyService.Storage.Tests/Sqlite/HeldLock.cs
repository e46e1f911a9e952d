using Microsoft.Data.Sqlite;

namespace KeyService.Storage.Tests.Sqlite;

/// <summary>Holds a database file's write lock until it is disposed, as another process would.</summary>
internal sealed class HeldLock : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteTransaction _transaction;

    public HeldLock(string file)
    {
        _connection = new SqliteConnection($"Data Source={file};Pooling=False");
        _connection.Open();
        _transaction = _connection.BeginTransaction(deferred: false);
    }

    public void Dispose()
    {
        _transaction.Dispose();
        _connection.Dispose();
    }
}
