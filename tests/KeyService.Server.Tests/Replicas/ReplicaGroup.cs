using System.Diagnostics;
using System.Text.Json;
using KeyService.Core.Keys;
using KeyService.Server.Tests.Rotation;
using KeyService.Storage.Postgres;
using KeyService.Testing;
using KeyService.Testing.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Server.Tests.Replicas;

/// <summary>Real server processes with one key set, "soak", on one PostgreSQL and one SoftHSM token.</summary>
internal sealed class ReplicaGroup : IAsyncDisposable
{
    public const string KeySet = "soak";
    public const string JwksPath = $"/{KeySet}/.well-known/jwks.json";
    private readonly SoftHsm _softHsm = SoftHsm.Create();
    private readonly List<ServerProcess> _servers = [];
    private string _place = "";

    private ReplicaGroup(PostgresServer postgres) => Postgres = postgres;

    public PostgresServer Postgres { get; }

    public IReadOnlyList<ServerProcess> Servers => _servers;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <param name="keySet">Its settings, without signers.</param>
    /// <returns>With every server ready.</returns>
    public static async Task<ReplicaGroup> StartAsync(int servers, string refreshInterval, IReadOnlyDictionary<string, string> keySet)
    {
        var group = new ReplicaGroup(await PostgresServer.StartAsync(Cancelled));
        try
        {
            group._place = await group.Postgres.CreatePlaceAsync(Cancelled);
            var token = await group._softHsm.AddTokenAsync(KeySet, Cancelled);
            var storage = new { Type = "Postgres", ConnectionStringFile = group._softHsm.WriteSecret("connection", group._place), RefreshInterval = refreshInterval };
            for (var i = 0; i < servers; i++)
                group._servers.Add(await ServerProcess.PrepareReplicaAsync(group._softHsm, token, storage, keySet, Cancelled));
            await Task.WhenAll(group._servers.Select(server => server.StartAsync(Cancelled)));
            return group;
        }
        catch
        {
            await group.DisposeAsync();
            throw;
        }
    }

    /// <summary>What every server publishes now.</summary>
    public Task<Published[]> PublishedAsync() => Task.WhenAll(_servers.Select(PublishedAsync));

    /// <summary>Waits until every server publishes the same bytes under the same tag, with so many keys.</summary>
    public async Task<(Published Published, TimeSpan After)> PublishedAlikeAsync(int keys, TimeSpan patience)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var published = await PublishedAsync();
            if (published.Distinct().Count() == 1 && KeysIn(published[0]) == keys)
                return (published[0], Stopwatch.GetElapsedTime(started));
            Assert.True(Stopwatch.GetElapsedTime(started) < patience, $"{keys} keys are not published alike: {string.Join('\n', published.AsEnumerable())}\n{_servers[0].Output}");
            await Task.Delay(5, Cancelled);
        }
    }

    /// <summary>The document in the store.</summary>
    public async Task<KeySet> RecordedAsync()
    {
        await using var store = new PostgresKeySetStore(new PostgresStoreOptions { ConnectionString = _place }, NullLogger<PostgresKeySetStore>.Instance, TimeProvider.System);
        return await store.FindAsync(KeySet, Cancelled) ?? throw new InvalidOperationException("The key set is gone.");
    }

    /// <summary>The token holds what is recorded, and nothing else: neither orphans, nor a second key under one label, nor halves.</summary>
    public async Task CheckTokenAsync(KeySet recorded)
    {
        Assert.Empty(recorded.Intents);
        string[] labels = [.. recorded.Keys.Where(key => key.Dates.Erased is null).Select(key => key.Label).Order(StringComparer.Ordinal)];
        var (privateKeys, publicKeys) = await _servers[0].ReadLabelsAsync(Cancelled);
        Assert.True(
            labels.SequenceEqual(privateKeys) && labels.SequenceEqual(publicKeys), $"Recorded: {string.Join(", ", labels)}\n{_servers[0].Listing}\n{Output}");
    }

    /// <summary>The last lines of every server.</summary>
    public string Output => string.Join("\n--\n", _servers.Select(server => server.Output));

    public async ValueTask DisposeAsync()
    {
        _servers.ForEach(server => server.Dispose());
        _softHsm.Dispose();
        await Postgres.DisposeAsync();
    }

    private static int KeysIn(Published published)
    {
        using var document = JsonDocument.Parse(published.Jwks);
        return document.RootElement.GetProperty("keys").GetArrayLength();
    }

    private static async Task<Published> PublishedAsync(ServerProcess server)
    {
        using var answer = await server.Http.GetAsync(new Uri(JwksPath, UriKind.Relative), Cancelled);
        var jwks = await answer.Content.ReadAsStringAsync(Cancelled);
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode} {jwks}\n{server.Output}");
        return new Published(jwks, answer.Headers.ETag?.ToString());
    }
}
