using System.Net.Http.Json;
using System.Text.Json;
using KeyService.Server.Tests.Rotation;

namespace KeyService.Server.Tests.Replicas;

/// <summary>Three processes that are all asked to rotate at the same instant.</summary>
public sealed class RotationAcrossProcessesTests(ITestOutputHelper output)
{
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
        var rotations = LongForm.Of("KEYSERVICE_REPLICA_ROTATIONS", 20);
        await using var replicas = await ReplicaGroup.StartAsync(3, refreshInterval: "1m", KeySetSettings);
        var slowest = TimeSpan.Zero;
        for (var rotation = 1; rotation <= rotations; rotation++)
        {
            var answers = await Task.WhenAll(replicas.Servers.Select(server => RotateAsync(server, $"rotation-{rotation}")));
            Assert.All(answers, kids => Assert.Equal(rotation + 1, kids.Length));
            Assert.All(answers, kids => Assert.Equal(answers[0], kids));
            var (_, seen) = await replicas.PublishedAlikeAsync(rotation + 1, AtOnce);
            slowest = seen > slowest ? seen : slowest;
        }

        output.WriteLine($"{rotations} rotations; the last replica published a new key at most {slowest.TotalMilliseconds:F0} ms after the answers.");
        var recorded = await replicas.RecordedAsync();
        Assert.Equal(rotations + 1, recorded.Keys.Length);
        await replicas.CheckTokenAsync(recorded);
    }

    /// <returns>The kids of all keys, in order.</returns>
    private static async Task<string[]> RotateAsync(ServerProcess server, string requestId)
    {
        using var answer = await server.Http.PostAsJsonAsync(new Uri("/v1/keySets/soak:rotate", UriKind.Relative), new { request_id = requestId }, Cancelled);
        Assert.True(answer.IsSuccessStatusCode, $"{requestId}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync(Cancelled)}\n{server.Output}");
        var keySet = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
        return [.. keySet.GetProperty("keys").EnumerateArray().Select(key => key.GetProperty("kid").GetString()!).Order(StringComparer.Ordinal)]; // every key has one
    }
}
