using KeyService.Core.Keys;
using KeyService.Storage.Sqlite;

namespace KeyService.Server.Tests.Rotation;

/// <summary>The real process under signing, rotation and verification, killed at random moments.</summary>
public sealed class KillSoakTests(ITestOutputHelper output)
{
    private static readonly TimeSpan TokenLife = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan EndLimit = TimeSpan.FromMinutes(1);

    private static readonly Dictionary<string, string> Soak = new()
    {
        ["Propagation"] = "2s",
        ["MaxTokenLifetime"] = "5s",
        ["ClockSkew"] = "0s",
        ["Retention"] = "1s",
    };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_at_random_moments_it_loses_no_key_leaves_no_orphan_and_fails_no_token()
    {
        var restarts = LongForm.Of("KEYSERVICE_SOAK_RESTARTS", 50);
        var random = new Random(20300101);
        using var server = await ServerProcess.PrepareAsync(Soak, Cancelled);
        await server.StartAsync(Cancelled);

        using var stop = new CancellationTokenSource();
        var clients = new SoakClients(server.Http, TokenLife);
        JwksVerifier[] verifiers = [.. Enumerable.Range(0, 2).Select(_ => new JwksVerifier(server.Http, "/soak/.well-known/jwks.json", TimeProvider.System))];
        Task[] work = [clients.SignAsync(stop.Token), clients.RotateAsync(stop.Token), clients.VerifyAsync(verifiers, stop.Token)];
        for (var restart = 0; restart < restarts; restart++)
        {
            await Task.Delay(random.Next(50, 1500), Cancelled);
            await server.KillAsync();
            await server.StartAsync(Cancelled);
        }

        await Task.Delay(TokenLife, Cancelled);
        await stop.CancelAsync();
        await Task.WhenAll(work);
        await clients.ReadAsync();
        var end = await EndAsync(server);
        output.WriteLine($"{restarts} restarts, {clients.Rotated} rotations, {clients.Signed} tokens, {clients.Verified} verified, {clients.Missed} missed, {clients.Refused} refused, {clients.Kids.Count} keys.");

        Assert.Empty(clients.Failures);
        Assert.True(clients.Rotated >= restarts && clients.Verified > 4 * clients.Signed, server.Output);
        Assert.True(clients.Missed < clients.Signed / 10, $"{clients.Missed} checks were missed.");
        CheckKeys(clients, end);
        await CheckTokenAsync(server, end);
    }

    /// <summary>Waits until all keys but the active one are destroyed, and ends the server for good.</summary>
    private static async Task<KeySet> EndAsync(ServerProcess server)
    {
        await using var store = new SqliteKeySetStore(new SqliteStoreOptions { Path = server.Database }, TimeProvider.System);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(EndLimit);
        while (await store.FindAsync("soak", limit.Token) is not { Intents.IsEmpty: true, Keys.Length: 1 })
            await Task.Delay(100, limit.Token);
        await server.KillAsync();
        return await store.FindAsync("soak", Cancelled) ?? throw new InvalidOperationException("The key set is gone.");
    }

    /// <summary>Every key that the server ever told of is there, or was due to go.</summary>
    private static void CheckKeys(SoakClients clients, KeySet end)
    {
        var now = TimeProvider.System.GetUtcNow();
        Assert.All(clients.Kids.Where(kid => end.Keys.All(key => key.Kid != kid.Key)), kid => Assert.True(kid.Value <= now, $"{kid.Key} is lost; it was to be destroyed at {kid.Value:O}"));
        Assert.All(end.Requests, request => Assert.Single(request.IntentIds));
        Assert.Equal(end.Requests.Length, end.Requests.DistinctBy(request => request.IntentIds[0]).Count()); // the one client never joins another's rotation
        Assert.Equal(clients.Rotated + 1, clients.Kids.Count); // one key for each request id, however often it was asked, and the first one
    }

    /// <summary>The token holds what is recorded, and nothing else: neither whole keys nor halves.</summary>
    private static async Task CheckTokenAsync(ServerProcess server, KeySet end)
    {
        string[] recorded = [.. end.Keys.Select(key => key.Label)];
        var (privateKeys, publicKeys) = await server.ReadLabelsAsync(Cancelled);
        Assert.True(recorded.SequenceEqual(privateKeys) && recorded.SequenceEqual(publicKeys), $"Recorded: {string.Join(", ", recorded)}\n{server.Listing}\n{server.Output}");
    }
}
