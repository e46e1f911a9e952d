using System.Text.Json;
using Grpc.Core;
using KeyService.Server.Tests.Client;
using KeyService.Server.Tests.Rotation;
using KeyService.Server.Tests.SeveralHomes;

namespace KeyService.Server.Tests.Replicas;

/// <summary>Server processes whose PostgreSQL dies and comes back. None of them is started again.</summary>
[Collection(nameof(MeasuredAlone))]
public sealed class StoreOutageTests(ITestOutputHelper output)
{
    private const int PerSecond = 500;
    private const string Interval = "200ms";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Cooldown = TimeSpan.FromSeconds(1);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_sign_succeeds_while_the_store_is_away_and_only_changes_are_refused()
    {
        var outage = TimeSpan.FromSeconds(LongForm.Of("KEYSERVICE_OUTAGE_SECONDS", 4));
        await using var replicas = await ReplicaGroup.StartAsync(3, Interval, new Dictionary<string, string> { ["Propagation"] = "30m" });
        await using var verifier = JoseVerifier.Start(replicas, Cooldown);
        var calls = new ReplicaCalls(replicas, verifier, TimeSpan.FromMinutes(30));
        await using var load = PacedCalls.Start(PerSecond, calls.SignAsync);
        await Eventually.HoldsAsync(() => calls.Signed > PerSecond, "the servers are warm");

        var signed = await OutageAsync(replicas, calls, outage, 1, replicas.Postgres.CrashAsync);
        signed += await OutageAsync(replicas, calls, outage, 2, replicas.Postgres.KillAsync);

        await load.EndAsync();
        var report = await verifier.EndAsync();
        output.WriteLine($"{load.Begun} calls, {calls.Signed} signed, {signed} of them in two outages of {outage.TotalSeconds} s, {calls.Failures.Count} failed; {report}.");
        Assert.Empty(calls.Failures);
        Assert.True(signed >= 2 * 0.9 * PerSecond * outage.TotalSeconds, $"{signed} signed in the outages.");
        Assert.Empty(report.Failures);
        Assert.Equal((load.Begun, load.Begun * JoseReport.ChecksPerToken), (report.Tokens, report.Verified));
        await replicas.CheckTokenAsync(await replicas.RecordedAsync());
    }

    [Fact]
    public async Task After_the_longest_staleness_they_stop_and_go_on_when_the_store_is_back()
    {
        await using var replicas = await ReplicaGroup.StartAsync(2, Interval, new Dictionary<string, string> { ["Propagation"] = "4s" }); // the half of it is bearable
        await using var verifier = JoseVerifier.Start(replicas, Cooldown);
        var calls = new ReplicaCalls(replicas, verifier, TimeSpan.FromMinutes(30));
        await SignEverywhereAsync(replicas, calls);
        await replicas.Postgres.CrashAsync(Cancelled);
        await SignEverywhereAsync(replicas, calls);
        Assert.Empty(calls.Failures);

        foreach (var server in replicas.Servers)
            await ReadinessAsync(server, "Unhealthy", "not used any more: soak");
        await SignEverywhereAsync(replicas, calls);
        Assert.Equal(replicas.Servers.Count, calls.Failures.Count);
        Assert.All(calls.Failures, failed => Assert.Equal((StatusCode.Unavailable, "STORE_UNAVAILABLE"), (failed.Refusal.Code, failed.Refusal.Reason)));
        foreach (var server in replicas.Servers)
        {
            using var answer = await server.Http.GetAsync(new Uri(ReplicaGroup.JwksPath, UriKind.Relative), Cancelled);
            Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        }

        await replicas.Postgres.StartAgainAsync(Cancelled);
        foreach (var server in replicas.Servers)
            await ReadinessAsync(server, "Healthy", "Healthy");
        calls.Failures.Clear();
        await SignEverywhereAsync(replicas, calls);
        Assert.Empty(calls.Failures);
        var report = await verifier.EndAsync();
        Assert.Empty(report.Failures);
        Assert.Equal((3 * replicas.Servers.Count, 0), (report.Tokens, report.Late));
    }

    /// <returns>How many tokens were signed while the store was away.</returns>
    private static async Task<int> OutageAsync(ReplicaGroup replicas, ReplicaCalls calls, TimeSpan outage, int number, Func<CancellationToken, Task> end)
    {
        var (before, _) = await replicas.PublishedAlikeAsync(number, Patience);
        await end(Cancelled);
        var (began, signed) = (TimeProvider.System.GetTimestamp(), calls.Signed);
        foreach (var server in replicas.Servers)
            await ReadinessAsync(server, "Degraded", "the store could not be read");
        do
        {
            Assert.All(await replicas.PublishedAsync(), published => Assert.Equal(before, published));
            foreach (var server in replicas.Servers)
            {
                var refusal = await Refusal.OfAsync(() => server.Grpc.RotateAsync(new() { KeySet = ReplicaGroup.KeySet, RequestId = $"outage-{number}" }));
                Assert.Equal((StatusCode.Unavailable, "STORE_UNAVAILABLE"), (refusal.Code, refusal.Reason));
            }

            await Task.Delay(200, Cancelled);
        }
        while (TimeProvider.System.GetElapsedTime(began) < outage);
        signed = calls.Signed - signed;

        await replicas.Postgres.StartAgainAsync(Cancelled);
        foreach (var server in replicas.Servers)
            Assert.NotNull(await calls.RotateAsync(server, $"outage-{number}"));
        await replicas.PublishedAlikeAsync(number + 1, Patience);
        foreach (var server in replicas.Servers)
            await ReadinessAsync(server, "Healthy", "Healthy");
        return signed;
    }

    private static async Task SignEverywhereAsync(ReplicaGroup replicas, ReplicaCalls calls)
    {
        for (var i = 0; i < replicas.Servers.Count; i++)
            await calls.SignAsync(i);
    }

    /// <summary>Waits until a server tells that it is so. It is red where it is unhealthy, and only there.</summary>
    private static async Task ReadinessAsync(ServerProcess server, string status, string store)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            using var answer = await server.Http.GetAsync(new Uri("/health/ready", UriKind.Relative), Cancelled);
            var text = await answer.Content.ReadAsStringAsync(Cancelled);
            using var health = JsonDocument.Parse(text);
            var told = health.RootElement.GetProperty("status").GetString();
            Assert.Equal(told != "Unhealthy", answer.IsSuccessStatusCode);
            if (told == status && health.RootElement.GetProperty("checks").GetProperty("store").GetString()!.Contains(store, StringComparison.Ordinal)) // the check is always there
                return;
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, $"{status} is awaited: {text}\n{server.Output}");
            await Task.Delay(50, Cancelled);
        }
    }
}
