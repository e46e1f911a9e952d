using KeyService.Core;
using KeyService.Core.Rotation;

namespace KeyService.Server.Tests.Rotation;

public sealed class RotationWorkerTests : IAsyncDisposable
{
    private readonly World _world = new();

    [Fact]
    public async Task A_period_brings_a_successor_in_time_and_only_one()
    {
        var replica = _world.Start();
        var period = TimeSpan.FromHours(10);
        await replica.Rotator.CreateAsync(_world.Definition() with { Policy = World.Policy with { RotationPeriod = period } }, null, TestContext.Current.CancellationToken);
        var first = await _world.ActiveAsync();
        _world.Clock.Advance(period - World.Policy.Propagation - TimeSpan.FromTicks(1));
        await replica.WorkAsync();
        Assert.Single((await _world.GetAsync()).Keys);

        _world.Clock.Advance(TimeSpan.FromTicks(1));
        await replica.WorkAsync();
        await replica.WorkAsync();
        Assert.Equal(2, (await _world.GetAsync()).Keys.Length);
        Assert.Equal(first.Kid, (await _world.ActiveAsync()).Kid);

        _world.Clock.Advance(World.Policy.Propagation);
        Assert.Equal(first.Dates.Activates + period, (await _world.ActiveAsync()).Dates.Activates);
        await _world.CheckAsync();
    }

    [Fact]
    public async Task A_replaced_key_is_destroyed_after_the_retention_and_forgotten_after_another()
    {
        var replica = await _world.StartWithSetAsync();
        await replica.RotateAsync();
        var destroys = (await _world.GetAsync()).Keys[0].Dates.Destroys!.Value;
        _world.Clock.Advance(destroys - _world.Clock.GetUtcNow() - TimeSpan.FromTicks(1));
        await replica.WorkAsync();
        Assert.Equal(2, _world.HsmProvider.Labels.Count);

        _world.Clock.Advance(TimeSpan.FromTicks(1));
        await replica.WorkAsync();
        Assert.Single(_world.HsmProvider.Labels);
        Assert.Equal(_world.Clock.GetUtcNow(), (await _world.GetAsync()).Keys[0].Dates.Erased);

        _world.Clock.Advance(World.Policy.Retention);
        await replica.WorkAsync();
        Assert.Single((await _world.GetAsync()).Keys);
        await _world.CheckAsync();
    }

    [Fact]
    public async Task A_deleted_set_goes_with_its_last_key_and_its_name_is_free()
    {
        var replica = await _world.StartWithSetAsync();
        var deleted = await replica.Rotator.DeleteAsync(World.SetName, 0, TestContext.Current.CancellationToken);
        await replica.WorkAsync();
        Assert.NotNull(await _world.FindAsync());

        _world.Clock.Advance(deleted.Keys[0].Dates.Destroys!.Value - _world.Clock.GetUtcNow());
        await replica.WorkAsync();
        Assert.Null(await _world.FindAsync());
        Assert.Empty(_world.HsmProvider.Labels);
        Assert.False(replica.Catalog.TryGet(World.SetName, out _));
        await _world.StartWithSetAsync();
        await _world.CheckAsync();
    }

    [Fact]
    public async Task A_set_without_work_is_left_alone()
    {
        var replica = await _world.StartWithSetAsync();
        var saves = _world.Store.Saves;
        _world.Clock.Advance(TimeSpan.FromDays(365));
        await replica.WorkAsync();
        Assert.Equal(saves, _world.Store.Saves);
    }

    [Fact]
    public async Task A_set_that_fails_is_left_alone_longer_each_time_up_to_a_minute()
    {
        var replica = await _world.StartWithSetAsync();
        var tries = 0;
        _world.HsmProvider.Refuses = call =>
        {
            tries += call == "create" ? 1 : 0;
            return KeyServiceError.ProviderUnavailable;
        };
        await replica.RevokeAsync((await _world.ActiveAsync()).Kid);
        Assert.Equal(1, tries);
        await replica.WorkAsync();

        var pauses = new List<int>();
        for (var (seconds, before) = (0, tries); pauses.Count < 9;)
        {
            _world.Clock.Advance(TimeSpan.FromSeconds(1));
            seconds++;
            await replica.WorkAsync();
            if (tries > before)
            {
                pauses.Add(seconds);
                (seconds, before) = (0, tries);
            }
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60, 60], pauses);
    }

    [Fact]
    public async Task After_a_success_a_failing_set_begins_with_a_short_pause_again()
    {
        var replica = await _world.StartWithSetAsync();
        _world.HsmProvider.Refuses = _ => KeyServiceError.ProviderUnavailable;
        await replica.RevokeAsync((await _world.ActiveAsync()).Kid);
        for (var i = 0; i < 30; i++)
        {
            await replica.WorkAsync();
            _world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        _world.HsmProvider.Refuses = _ => null;
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        await replica.WorkAsync();
        await _world.CheckAsync();

        _world.HsmProvider.Refuses = _ => KeyServiceError.ProviderUnavailable;
        await replica.RevokeAsync((await _world.ActiveAsync()).Kid);
        await replica.WorkAsync();
        _world.HsmProvider.Refuses = _ => null;
        _world.Clock.Advance(TimeSpan.FromSeconds(1));
        await replica.WorkAsync();
        await _world.CheckAsync();
    }

    [Fact]
    public async Task What_another_process_changed_is_seen_and_finished()
    {
        var replica = _world.Start();
        var other = await _world.StartWithSetAsync();
        _world.HsmProvider.Refuses = _ => KeyServiceError.ProviderUnavailable;
        await Assert.ThrowsAsync<KeyServiceException>(() => other.RotateAsync());
        _world.HsmProvider.Refuses = _ => null;
        await replica.WorkAsync();
        Assert.Equal(2, KeyTimeline.PublishedAt(replica.Catalog.Get(World.SetName).KeySet, _world.Clock.GetUtcNow()).Length);
        await _world.CheckAsync();
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();
}
