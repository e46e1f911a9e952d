using System.Text;
using Grpc.Core;
using KeyService.Core.Keys;
using KeyService.Server.Catalog;
using KeyService.Server.Tests.SeveralHomes;

namespace KeyService.Server.Tests.Replicas;

/// <summary>
/// Replicas killed at random while they sign, make and destroy keys. A replica is killed only after it was ready: within C_Login, SoftHSM
/// 2.6.1 empties its token file and then writes it anew, so a kill between the two costs the token whatever the service does.
/// </summary>
[Collection(nameof(MeasuredAlone))]
public sealed class KilledReplicasTests(ITestOutputHelper output)
{
    private const int Replicas = 3;
    private const int Rotators = 2;
    private const int PerSecond = 100;
    private static readonly TimeSpan EndLimit = TimeSpan.FromMinutes(1);

    /// <summary>Of the propagation, less than what is left when a replica is as stale as it may be.</summary>
    private static readonly TimeSpan Cooldown = TimeSpan.FromSeconds(2);

    /// <summary>Longer than a call may take.</summary>
    private static readonly TimeSpan TokenLife = TimeSpan.FromSeconds(8);

    /// <summary>The propagation lets a replica go without the store for 4 s: on a busy machine a read may well take half of that.</summary>
    private static readonly Dictionary<string, string> Settings = new()
    {
        ["Propagation"] = "8s",
        ["MaxTokenLifetime"] = "8s",
        ["ClockSkew"] = "0s",
        ["Retention"] = "0s",
    };

    private readonly Random _random = new(20300102);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_at_random_they_fail_no_token_leave_no_orphan_and_agree_in_the_end()
    {
        var duration = TimeSpan.FromSeconds(LongForm.Of("KEYSERVICE_REPLICA_KILL_SECONDS", 10));
        await using var replicas = await ReplicaGroup.StartAsync(Replicas, "200ms", Settings);
        await using var verifier = JoseVerifier.Start(replicas, Cooldown);
        var calls = new ReplicaCalls(replicas, verifier, TokenLife);
        await using var load = PacedCalls.Start(PerSecond, calls.SignAsync);
        using var stop = new CancellationTokenSource();
        var rotating = Task.WhenAll(Enumerable.Range(0, Rotators).Select(rotator => RotateAsync(replicas, calls, rotator, stop.Token)));

        var kills = await KillAsync(replicas, duration);
        await stop.CancelAsync();
        var rotations = (await rotating).Sum();
        var end = await OneKeyAsync(replicas);
        await load.EndAsync();
        var report = await verifier.EndAsync();
        output.WriteLine($"{kills} kills, {rotations} rotations, {calls.Signed} signatures; {CutOff(calls)}; {report}.");

        Assert.All(calls.Failures, failed => Assert.True(failed.Refusal.Code == StatusCode.Unavailable && failed.Server.WasAway(failed.Began, failed.Ended), $"{failed}\n{replicas.Output}"));
        Assert.Empty(report.Failures);
        Assert.Equal((calls.Signed, calls.Signed * JoseReport.ChecksPerToken), (report.Tokens, report.Verified + report.Late));
        Assert.True(report.Late < report.Verified / 10, $"{report}");
        Assert.True(rotations > kills && report.Verified > PerSecond * duration.TotalSeconds, replicas.Output);
        Assert.All(end.Requests, request => Assert.Single(request.IntentIds)); // one key, however often it was asked for
        await AgreeAsync(replicas, end);
        await replicas.CheckTokenAsync(end);
    }

    /// <summary>Tells calls that were under way when their server was killed from those that found nobody.</summary>
    private static string CutOff(ReplicaCalls calls)
    {
        var cut = calls.Failures.Where(failed => !failed.Server.WasAway(failed.Began, failed.Began)).ToArray();
        var rotations = cut.Count(failed => failed.IsRotation);
        return $"{rotations} Rotate and {cut.Length - rotations} SignJwt were cut off, {calls.Failures.Count - cut.Length} calls found nobody";
    }

    /// <summary>One or two of them at a time, each started again at once.</summary>
    private async Task<int> KillAsync(ReplicaGroup replicas, TimeSpan duration)
    {
        var (began, kills) = (TimeProvider.System.GetTimestamp(), 0);
        while (TimeProvider.System.GetElapsedTime(began) < duration)
        {
            await Task.Delay(_random.Next(20, 1000), Cancelled);
            var victims = replicas.Servers.ToArray();
            _random.Shuffle(victims);
            victims = victims[.._random.Next(1, Replicas)];
            await Task.WhenAll(victims.Select(victim => victim.KillAsync()));
            await Task.WhenAll(victims.Select(victim => victim.StartAsync(Cancelled)));
            kills += victims.Length;
        }

        return kills;
    }

    /// <summary>Rotates at random distances, and so now and then at once with another; each rotation is asked for, at one replica after the other, until it is answered.</summary>
    private static async Task<int> RotateAsync(ReplicaGroup replicas, ReplicaCalls calls, int rotator, CancellationToken stop)
    {
        var random = new Random(20300103 + rotator);
        var rotations = 0;
        while (!stop.IsCancellationRequested)
        {
            while (await calls.RotateAsync(replicas.Servers[random.Next(Replicas)], $"rotation-{rotator}-{rotations}") is null)
                await Task.Delay(20, Cancelled);
            rotations++;
            await Task.Delay(random.Next(1, 200), Cancelled);
        }

        return rotations;
    }

    /// <summary>Waits until all keys but the active one are destroyed.</summary>
    private static async Task<KeySet> OneKeyAsync(ReplicaGroup replicas)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var recorded = await replicas.RecordedAsync();
            if (recorded is { Intents.IsEmpty: true, Keys.Length: 1 })
                return recorded;
            Assert.True(TimeProvider.System.GetElapsedTime(began) < EndLimit, $"{recorded.Keys.Length} keys and {recorded.Intents.Length} intents are left.\n{replicas.Output}");
            await Task.Delay(200, Cancelled);
        }
    }

    /// <summary>Every replica publishes what the document in the store says.</summary>
    private static async Task AgreeAsync(ReplicaGroup replicas, KeySet recorded)
    {
        var due = PublishedJwks.Make(recorded, TimeProvider.System.GetUtcNow());
        var (published, _) = await replicas.PublishedAlikeAsync(keys: 1, EndLimit);
        Assert.Equal(new Published(Encoding.UTF8.GetString(due.Json), due.ETag), published);
    }
}
