using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using KeyService.Server.Tests.Rotation;
using KeyService.Storage.Postgres;
using KeyService.Testing;
using KeyService.Testing.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Server.Tests.Replicas;

/// <summary>Three real processes on one PostgreSQL and one SoftHSM token.</summary>
public sealed class RotationAcrossProcessesTests(ITestOutputHelper output)
{
    private const string RotationsVariable = "KEYSERVICE_REPLICA_ROTATIONS";
    private const int DefaultRotations = 20;
    private const int Replicas = 3;

    /// <summary>A small part of the interval at which the processes look for changes by themselves.</summary>
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(10);

    /// <summary>Keys sign as soon as they are made, and none goes while the test lasts.</summary>
    private static readonly Dictionary<string, string> KeySetSettings = new()
    {
        ["Propagation"] = "0s",
        ["MaxTokenLifetime"] = "1h",
        ["ClockSkew"] = "0s",
        ["Retention"] = "1h",
    };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Asked_at_the_same_instant_they_make_one_key_and_publish_the_same_bytes_at_once()
    {
        var rotations = Environment.GetEnvironmentVariable(RotationsVariable) is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : DefaultRotations;
        await using var postgres = await PostgresServer.StartAsync(Cancelled);
        var place = await postgres.CreatePlaceAsync(Cancelled);
        using var softHsm = SoftHsm.Create();
        var token = await softHsm.AddTokenAsync("soak", Cancelled);
        var storage = new { Type = "Postgres", ConnectionStringFile = softHsm.WriteSecret("connection", place), RefreshInterval = "1m" };
        var servers = new List<ServerProcess>();
        try
        {
            for (var i = 0; i < Replicas; i++)
                servers.Add(await ServerProcess.PrepareReplicaAsync(softHsm, token, storage, KeySetSettings, Cancelled));
            await Task.WhenAll(servers.Select(server => server.StartAsync(Cancelled)));
            var slowest = TimeSpan.Zero;
            for (var rotation = 1; rotation <= rotations; rotation++)
            {
                var answers = await Task.WhenAll(servers.Select(server => RotateAsync(server, $"rotation-{rotation}")));
                Assert.All(answers, kids => Assert.Equal(rotation + 1, kids.Length));
                Assert.All(answers, kids => Assert.Equal(answers[0], kids));
                var seen = await PublishedAlikeAsync(servers, rotation + 1);
                slowest = seen > slowest ? seen : slowest;
            }

            output.WriteLine($"{rotations} rotations; the last replica published a new key at most {slowest.TotalMilliseconds:F0} ms after the answers.");
            await CheckTokenAsync(servers[0], place, rotations + 1);
        }
        finally
        {
            servers.ForEach(server => server.Dispose());
        }
    }

    /// <returns>The kids of all keys, in order.</returns>
    private static async Task<string[]> RotateAsync(ServerProcess server, string requestId)
    {
        using var answer = await server.Http.PostAsJsonAsync(new Uri("/v1/keySets/soak:rotate", UriKind.Relative), new { request_id = requestId }, Cancelled);
        Assert.True(answer.IsSuccessStatusCode, $"{requestId}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync(Cancelled)}\n{server.Output}");
        var keySet = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
        return [.. keySet.GetProperty("keys").EnumerateArray().Select(key => key.GetProperty("kid").GetString()!).Order(StringComparer.Ordinal)]; // every key has one
    }

    /// <summary>Waits until every process publishes the same bytes under the same tag.</summary>
    private static async Task<TimeSpan> PublishedAlikeAsync(List<ServerProcess> servers, int keys)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var published = await Task.WhenAll(servers.Select(PublishedAsync));
            if (published.Distinct().Count() == 1 && published[0].Keys == keys)
                return Stopwatch.GetElapsedTime(started);
            Assert.True(Stopwatch.GetElapsedTime(started) < AtOnce, $"{keys} keys are not published alike: {string.Join('\n', published)}\n{servers[0].Output}");
            await Task.Delay(5, Cancelled);
        }
    }

    private static async Task<(string Jwks, string? Tag, int Keys)> PublishedAsync(ServerProcess server)
    {
        using var answer = await server.Http.GetAsync(new Uri("/soak/.well-known/jwks.json", UriKind.Relative), Cancelled);
        var jwks = await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync(Cancelled);
        using var document = JsonDocument.Parse(jwks);
        return (jwks, answer.Headers.ETag?.ToString(), document.RootElement.GetProperty("keys").GetArrayLength());
    }

    /// <summary>The token holds what is recorded, and nothing else: neither a second key under one label nor halves.</summary>
    private static async Task CheckTokenAsync(ServerProcess server, string place, int keys)
    {
        await using var store = new PostgresKeySetStore(new PostgresStoreOptions { ConnectionString = place }, NullLogger<PostgresKeySetStore>.Instance, TimeProvider.System);
        var keySet = await store.FindAsync("soak", Cancelled) ?? throw new InvalidOperationException("The key set is gone.");
        Assert.Empty(keySet.Intents);
        string[] recorded = [.. keySet.Keys.Select(key => key.Label).Order(StringComparer.Ordinal)];
        Assert.Equal(keys, recorded.Length);
        var (privateKeys, publicKeys) = await server.ReadLabelsAsync(Cancelled);
        Assert.Equal(recorded, privateKeys);
        Assert.Equal(recorded, publicKeys);
    }
}
