using KeyService.Core.Storage;

namespace KeyService.Storage.Tests.Postgres;

public sealed class PostgresKeySetStoreTests(SharedPostgres postgres) : KeySetStoreConformance
{
    private string _place = "";

    public override async ValueTask InitializeAsync() => _place = await postgres.Server.CreatePlaceAsync(Token);

    protected override IKeySetStore NewStore() => SharedPostgres.Open(_place);

    /// <summary>The places go with the server.</summary>
    protected override ValueTask RemoveAsync() => ValueTask.CompletedTask;
}
