using KeyService.Core;
using KeyService.Storage.Crash;

namespace KeyService.Storage.Tests.Postgres;

public sealed class PostgresMigrationTests(SharedPostgres postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Replicas_that_start_together_make_the_tables_once()
    {
        for (var round = 0; round < 5; round++)
        {
            var place = await postgres.Server.CreatePlaceAsync(Token);
            await using var stores = new StoreGroup(8, place);
            await Task.WhenAll(stores.Select(store => Task.Run(() => store.PrepareAsync(Token), Token)));
            foreach (var (i, store) in stores.Index())
                Assert.True(await store.TrySaveAsync(A.KeySet($"set-{i}"), Token));
            Assert.Equal(8, (await stores[0].ReadChangesAsync(0, Token)).Saved.Count);
        }
    }

    [Fact]
    public async Task A_role_that_may_only_read_and_write_the_tables_is_enough_once_they_are_made()
    {
        var place = await postgres.Server.CreatePlaceAsync(Token);
        var schema = SchemaOf(place);
        await using var owner = SharedPostgres.Open(place);
        await owner.PrepareAsync(Token);
        var service = $"{schema}_service";
        await postgres.Server.ExecuteAsync(
            $"CREATE ROLE {service} LOGIN PASSWORD '{postgres.Server.Password}'; GRANT USAGE ON SCHEMA {schema} TO {service}; "
            + $"GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA {schema} TO {service};", Token);

        await using var store = SharedPostgres.Open(postgres.Server.ConnectionString(service, schema));
        await store.PrepareAsync(Token);
        Assert.True(await store.TrySaveAsync(A.KeySet("orders"), Token));
        Assert.True(await store.TrySaveAsync(A.KeySet("orders").Next(), Token));
        Assert.True(await store.TryRemoveAsync("orders", 2, Token));
    }

    [Fact]
    public async Task No_role_of_these_tests_is_a_superuser()
    {
        var schema = SchemaOf(await postgres.Server.CreatePlaceAsync(Token));
        Assert.Equal("f|f|f", (await postgres.Server.ExecuteAsync(
            $"SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = '{schema}'", Token)).Trim());
    }

    [Fact]
    public async Task A_role_that_may_not_make_tables_is_told_so()
    {
        var schema = SchemaOf(await postgres.Server.CreatePlaceAsync(Token));
        await postgres.Server.ExecuteAsync(
            $"CREATE ROLE {schema}_guest LOGIN PASSWORD '{postgres.Server.Password}'; GRANT USAGE ON SCHEMA {schema} TO {schema}_guest;", Token);
        await using var store = SharedPostgres.Open(postgres.Server.ConnectionString($"{schema}_guest", schema));
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => store.PrepareAsync(Token));
        Assert.Equal((KeyServiceError.StoreUnavailable, false), (failure.Error, failure.IsTransient));
        Assert.Contains("refuses this role", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tables_of_a_newer_version_are_left_alone()
    {
        var place = await postgres.Server.CreatePlaceAsync(Token);
        await using var store = SharedPostgres.Open(place);
        await store.PrepareAsync(Token);
        await postgres.Server.ExecuteAsync($"UPDATE {SchemaOf(place)}.keyservice_store SET version = 1000", Token);
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => store.PrepareAsync(Token));
        Assert.Equal((KeyServiceError.StoreUnavailable, false), (failure.Error, failure.IsTransient));
        Assert.Contains("version 1000", failure.Message, StringComparison.Ordinal);
        Assert.Equal("1000", (await postgres.Server.ExecuteAsync($"SELECT version FROM {SchemaOf(place)}.keyservice_store", Token)).Trim());
    }

    [Fact]
    public async Task A_schema_that_does_not_exist_is_told()
    {
        var place = await postgres.Server.CreatePlaceAsync(Token);
        await using var store = SharedPostgres.Open($"{place};Search Path=nowhere");
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => store.PrepareAsync(Token));
        Assert.Equal((KeyServiceError.StoreUnavailable, false), (failure.Error, failure.IsTransient));
        Assert.Contains("schema does not exist", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>Role and schema of a place have one name.</summary>
    private static string SchemaOf(string place) => new Npgsql.NpgsqlConnectionStringBuilder(place).SearchPath!; // every place names one
}
