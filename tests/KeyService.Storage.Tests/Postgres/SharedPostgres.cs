using KeyService.Storage.Postgres;
using KeyService.Testing.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

[assembly: AssemblyFixture(typeof(KeyService.Storage.Tests.Postgres.SharedPostgres))]

namespace KeyService.Storage.Tests.Postgres;

/// <summary>The one PostgreSQL of this test process, for tests that leave it running. Each has a role and a schema of its own.</summary>
public sealed class SharedPostgres : IAsyncLifetime
{
    private PostgresServer? _server;

    public PostgresServer Server => _server ?? throw new InvalidOperationException("Not initialized.");

    /// <summary>A replica's store over a place; not yet prepared.</summary>
    public static PostgresKeySetStore Open(string place) =>
        new(new PostgresStoreOptions { ConnectionString = place }, NullLogger<PostgresKeySetStore>.Instance, TimeProvider.System);

    public async ValueTask InitializeAsync() => _server = await PostgresServer.StartAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }
}
