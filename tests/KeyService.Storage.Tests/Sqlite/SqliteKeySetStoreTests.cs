using KeyService.Core.Storage;
using KeyService.Storage.Sqlite;

namespace KeyService.Storage.Tests.Sqlite;

public sealed class SqliteKeySetStoreTests : KeySetStoreConformance
{
    private readonly TemporaryDirectory directory = new();

    protected override IKeySetStore NewStore() =>
        new SqliteKeySetStore(new SqliteStoreOptions { Path = directory["keys.db"] }, TimeProvider.System);

    protected override ValueTask RemoveAsync()
    {
        directory.Dispose();
        return ValueTask.CompletedTask;
    }
}
