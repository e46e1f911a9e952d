using KeyService.Core.Storage;
using KeyService.Storage.Sqlite;
using KeyService.Testing;

namespace KeyService.Storage.Tests.Sqlite;

public sealed class SqliteKeySetStoreTests : KeySetStoreConformance
{
    private readonly TemporaryDirectory _directory = new();

    protected override IKeySetStore NewStore() =>
        new SqliteKeySetStore(new SqliteStoreOptions { Path = _directory["keys.db"] }, TimeProvider.System);

    protected override ValueTask RemoveAsync()
    {
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }
}
