using KeyService.Core.Storage;
using KeyService.Storage.Sqlite;
using KeyService.Testing;
using Microsoft.Data.Sqlite;

namespace KeyService.Storage.Tests.Sqlite;

public sealed class SqliteKeySetStoreTests : KeySetStoreConformance
{
    private readonly TemporaryDirectory _directory = new();

    protected override IKeySetStore NewStore() =>
        new SqliteKeySetStore(new SqliteStoreOptions { Path = _directory["keys.db"] }, TimeProvider.System);

    protected override async Task DamageAsync(string name)
    {
        await using var connection = new SqliteConnection($"Data Source={_directory["keys.db"]};Pooling=False");
        await connection.OpenAsync(Token);
        await using var command = connection.CreateCommand();
        command.CommandText = "UPDATE key_sets SET document = CAST('{' AS BLOB) WHERE name = $name";
        command.Parameters.AddWithValue("$name", name);
        Assert.Equal(1, await command.ExecuteNonQueryAsync(Token));
    }

    protected override ValueTask RemoveAsync()
    {
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }
}
