using KeyService.Core;
using KeyService.Core.Signing;
using KeyService.Server.Catalog;
using KeyService.Server.Configuration;
using KeyService.Server.Guard;
using KeyService.Server.Health;
using KeyService.Server.Signing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace KeyService.Server.Tests.Rotation;

/// <summary>A replica that cannot read the store: how long it goes on, and that it then stops.</summary>
public sealed class StalenessTests : IAsyncDisposable
{
    /// <summary>Half of the propagation of <see cref="World.Policy"/>, which is less than the 10 minutes of the settings.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly World _world = new();
    private readonly GuardMetrics _metrics = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_signs_and_publishes_without_the_store_until_its_copy_is_too_old()
    {
        var replica = await _world.StartWithSetAsync();
        await replica.WorkAsync();
        _world.Store.IsAway = true;
        _world.Clock.Advance(Limit);
        await replica.WorkAsync(); // fails to read
        Assert.Equal(64, (await SignAsync(replica)).Length);
        Assert.Single(Published(replica).Keys);

        _world.Clock.Advance(Second);
        Assert.Equal(KeyServiceError.StoreUnavailable, (await Assert.ThrowsAsync<KeyServiceException>(() => SignAsync(replica))).Error);
        var failure = Assert.Throws<KeyServiceException>(() => Published(replica));
        Assert.Equal(KeyServiceError.StoreUnavailable, failure.Error);
        Assert.True(failure.IsTransient);

        _world.Store.IsAway = false;
        await replica.WorkAsync();
        Assert.Equal(64, (await SignAsync(replica)).Length);
        Assert.Single(Published(replica).Keys);
    }

    [Fact]
    public async Task A_set_that_it_does_not_know_may_have_been_made_since()
    {
        var replica = _world.Start();
        await replica.WorkAsync();
        Assert.Equal(KeyServiceError.KeySetNotFound, (await Assert.ThrowsAsync<KeyServiceException>(() => SignAsync(replica))).Error);
        _world.Store.IsAway = true;
        _world.Clock.Advance(Second * (Staleness.LeastIntervals + 1));
        await replica.WorkAsync(); // fails to read
        Assert.Equal(KeyServiceError.StoreUnavailable, (await Assert.ThrowsAsync<KeyServiceException>(() => SignAsync(replica))).Error);
    }

    [Fact]
    public async Task A_revoked_key_signs_nowhere_after_the_bound_though_nobody_told()
    {
        var first = await _world.StartWithSetAsync();
        var second = _world.Start();
        await second.WorkAsync();
        var revoked = (await _world.ActiveAsync()).Kid;
        await first.RevokeAsync(revoked);
        Assert.Equal(revoked, (await SignedByAsync(second)).Kid); // it has not read that yet

        _world.Clock.Advance(Limit + Second);
        await Assert.ThrowsAsync<KeyServiceException>(() => SignedByAsync(second));
        Assert.Throws<KeyServiceException>(() => Published(second));
        await second.WorkAsync();
        Assert.NotEqual(revoked, (await SignedByAsync(second)).Kid);
        Assert.DoesNotContain(Published(second).Keys, key => key.Kid == revoked);
    }

    /// <summary>The two halves of the propagation: whatever a stale replica hands out is refreshed before the new key signs.</summary>
    [Fact]
    public async Task A_cache_filled_by_a_stale_replica_is_refreshed_before_the_key_that_it_lacks_signs()
    {
        var first = await _world.StartWithSetAsync();
        var stale = _world.Start();
        await stale.WorkAsync();
        await first.RotateAsync();
        var successor = (await _world.GetAsync()).Keys[^1];

        _world.Clock.Advance(Limit);
        var published = Published(stale);
        Assert.DoesNotContain(published.Keys, key => key.Kid == successor.Kid);
        var settings = new JwksSettings(TimeSpan.FromDays(1), Second, "application/jwk-set+json");
        Assert.True(_world.Clock.GetUtcNow() + published.MaxAgeAt(_world.Clock.GetUtcNow(), settings) <= successor.Dates.Activates);
    }

    [Fact]
    public async Task Readiness_tells_when_the_store_cannot_be_read_and_when_sets_stop()
    {
        var replica = await _world.StartWithSetAsync();
        await replica.WorkAsync();
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(replica)).Status);
        _world.Store.IsAway = true;
        _world.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(HealthStatus.Degraded, (await CheckAsync(replica)).Status);
        _world.Clock.Advance(Limit);
        var stopped = await CheckAsync(replica);
        Assert.Equal(HealthStatus.Unhealthy, stopped.Status);
        Assert.Contains(World.SetName, stopped.Description, StringComparison.Ordinal);
        _world.Store.IsAway = false;
        await replica.WorkAsync();
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(replica)).Status);
    }

    [Fact]
    public async Task A_set_that_cannot_be_read_goes_on_as_it_was_for_as_long_as_without_the_store_and_holds_up_no_other()
    {
        var replica = await _world.StartWithSetAsync();
        await replica.WorkAsync();
        _world.Store.Damage(World.SetName);
        await replica.WorkAsync();
        Assert.Equal(64, (await SignAsync(replica)).Length);
        Assert.Equal((HealthStatus.Degraded, $"key sets that cannot be read: {World.SetName}"), ((await CheckAsync(replica)).Status, (await CheckAsync(replica)).Description));
        var other = _world.Start();
        await other.Rotator.CreateAsync(_world.Definition([]) with { Name = "other" }, requestId: null, Cancelled);
        await replica.WorkAsync();
        Assert.True(replica.Catalog.TryGet("other", out _));

        _world.Clock.Advance(Limit);
        await replica.WorkAsync(); // the store is there all the time
        Assert.Equal(64, (await SignAsync(replica)).Length);
        _world.Clock.Advance(Second);
        await replica.WorkAsync();
        var late = _world.Start(); // has never read it: that is not as if there were none
        await late.WorkAsync();
        foreach (var one in (Replica[])[replica, late])
        {
            Assert.Equal(KeyServiceError.StoreUnavailable, (await Assert.ThrowsAsync<KeyServiceException>(() => SignAsync(one))).Error);
            Assert.Equal(KeyServiceError.StoreUnavailable, Assert.Throws<KeyServiceException>(() => Published(one)).Error);
            Assert.Equal(HealthStatus.Degraded, (await CheckAsync(one)).Status);
        }

        _world.Store.Mend(World.SetName);
        foreach (var one in (Replica[])[replica, late])
        {
            await one.WorkAsync();
            Assert.Equal(64, (await SignAsync(one)).Length);
            Assert.Equal(HealthStatus.Healthy, (await CheckAsync(one)).Status);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _metrics.Dispose();
        await _world.DisposeAsync();
    }

    private async Task<byte[]> SignAsync(Replica replica) => (await SignAnyAsync(replica)).Signature;

    private async Task<Core.Keys.Key> SignedByAsync(Replica replica) => (await SignAnyAsync(replica)).Key.Key;

    private async Task<SignedBytes> SignAnyAsync(Replica replica) => await new JwsSigner(replica.Catalog, _metrics, _world.Clock)
        .SignAsync(World.SetName, new SignerInput(new byte[32], IsDigest: true), SigningAlgorithm.ES256, kid: null, TimeSpan.FromSeconds(10), Cancelled);

    private PublishedJwks Published(Replica replica) => new JwksReader(replica.Catalog, _world.Clock).Read(World.SetName).Jwks;

    private static Task<HealthCheckResult> CheckAsync(Replica replica) =>
        new StoreHealthCheck(replica.Catalog, replica.Staleness).CheckHealthAsync(new HealthCheckContext(), Cancelled);
}
