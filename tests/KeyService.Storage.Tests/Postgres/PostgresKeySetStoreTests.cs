using KeyService.Core.Storage;
using Npgsql;

namespace KeyService.Storage.Tests.Postgres;

public sealed class PostgresKeySetStoreTests(SharedPostgres postgres) : KeySetStoreConformance
{
    private string _place = "";

    public override async ValueTask InitializeAsync() => _place = await postgres.Server.CreatePlaceAsync(Token);

    protected override IKeySetStore NewStore() => SharedPostgres.Open(_place);

    protected override async Task DamageAsync(string name)
    {
        await using var source = NpgsqlDataSource.Create(_place);
        await using var command = source.CreateCommand("UPDATE keyservice_key_sets SET document = '{'::bytea WHERE name = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        Assert.Equal(1, await command.ExecuteNonQueryAsync(Token));
    }

    /// <summary>The places go with the server.</summary>
    protected override ValueTask RemoveAsync() => ValueTask.CompletedTask;
}
