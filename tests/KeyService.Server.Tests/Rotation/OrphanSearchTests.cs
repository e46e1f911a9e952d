using System.Diagnostics.Metrics;
using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Core.Providers;
using KeyService.Server.Guard;

namespace KeyService.Server.Tests.Rotation;

/// <summary>Keys of this service that no key set knows of are reported, and destroyed only where the settings say so.</summary>
public sealed class OrphanSearchTests : IAsyncDisposable
{
    private readonly World _world = new();
    private readonly GuardMetrics _metrics = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_recorded_key_and_one_that_is_being_made_are_none()
    {
        var replica = await _world.StartWithSetAsync();
        var gate = new TaskCompletionSource();
        _world.HsmProvider.Creating = _ => gate.Task;
        var rotation = Task.Run(() => replica.RotateAsync());
        var another = _world.Start(); // that has read nothing yet: its catalog is empty
        using var search = another.NewOrphanSearch(_metrics, destroyAfter: TimeSpan.Zero);
        Assert.Empty(await search.SearchAsync(Cancelled));
        gate.SetResult();
        await rotation;
        Assert.Empty(await search.SearchAsync(Cancelled));
        await _world.CheckAsync();
    }

    [Fact]
    public async Task A_key_without_record_is_reported_and_left_alone()
    {
        var replica = await _world.StartWithSetAsync();
        var label = await MakeAsync();
        await replica.RotateAsync();
        using var search = replica.NewOrphanSearch(_metrics, destroyAfter: null);
        var orphan = Assert.Single(await search.SearchAsync(Cancelled));
        Assert.Equal(("hsm", label, _world.Clock.GetUtcNow()), (orphan.Provider, orphan.Label, orphan.Since));
        Assert.Equal(1, Gauge("hsm"));
        Assert.Equal(0, Gauge("cloud"));

        _world.Clock.Advance(TimeSpan.FromDays(365));
        Assert.Equal(orphan, Assert.Single(await search.SearchAsync(Cancelled)));
        Assert.Contains(label, _world.HsmProvider.Labels);
    }

    [Fact]
    public async Task Where_the_settings_say_so_it_is_destroyed_once_it_was_seen_for_so_long()
    {
        var replica = await _world.StartWithSetAsync();
        await MakeAsync();
        await replica.RotateAsync();
        using var search = replica.NewOrphanSearch(_metrics, TimeSpan.FromHours(2));
        Assert.Single(await search.SearchAsync(Cancelled));
        _world.Clock.Advance(TimeSpan.FromHours(2) - TimeSpan.FromTicks(1));
        Assert.Single(await search.SearchAsync(Cancelled));
        _world.Clock.Advance(TimeSpan.FromTicks(1));
        Assert.Empty(await search.SearchAsync(Cancelled));
        Assert.Equal(0, Gauge("hsm"));
        await _world.CheckAsync();
    }

    [Fact]
    public async Task A_store_that_was_lost_and_came_up_empty_does_not_cost_the_keys_that_it_had()
    {
        var before = await _world.StartWithSetAsync();
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        await before.RotateAsync();
        var lost = _world.HsmProvider.Labels;
        var gone = await _world.GetAsync();
        Assert.True(await _world.Store.TryRemoveAsync(gone.Name, gone.Revision, Cancelled));
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        var replica = await _world.StartWithSetAsync(); // first keys that nobody knows
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        await replica.RotateAsync();
        await DestroyingSparesAsync(replica, lost);
    }

    [Fact]
    public async Task A_store_that_was_restored_from_a_backup_does_not_cost_the_keys_that_were_made_since()
    {
        var replica = await _world.StartWithSetAsync();
        await DestroyingSparesAsync(replica, [await MakeAsync()]); // by a rotation that the backup does not know
        await replica.RotateAsync(); // whoever goes on with the backup has done without it
        using var search = replica.NewOrphanSearch(_metrics, TimeSpan.Zero);
        Assert.Empty(await search.SearchAsync(Cancelled));
        await _world.CheckAsync();
    }

    [Fact]
    public async Task Nothing_is_destroyed_whose_key_set_is_unknown_or_whose_label_does_not_tell_its_age()
    {
        var replica = await _world.StartWithSetAsync();
        var gone = await MakeAsync("gone");
        await replica.RotateAsync();
        var old = $"keyservice/orders/{new string('a', 32)}";
        await MakeLabelledAsync(old);
        await DestroyingSparesAsync(replica, [gone, old]);
    }

    [Theory]
    [InlineData("keyservice-doctor/orders/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("keyservice/orders")]
    [InlineData("keyservice/orders/not-one-of-ours")]
    [InlineData("keyservice/orders/more/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task What_this_service_did_not_label_is_never_touched(string label)
    {
        var replica = await _world.StartWithSetAsync();
        await MakeLabelledAsync(label);
        using var search = replica.NewOrphanSearch(_metrics, destroyAfter: TimeSpan.Zero);
        Assert.Empty(await search.SearchAsync(Cancelled));
        Assert.Contains(label, _world.HsmProvider.Labels);
    }

    [Fact]
    public async Task While_store_or_provider_is_away_nothing_is_taken_for_an_orphan_and_none_is_forgotten()
    {
        var replica = await _world.StartWithSetAsync();
        await MakeAsync();
        using var search = replica.NewOrphanSearch(_metrics, TimeSpan.FromHours(2));
        _world.Store.IsAway = true;
        Assert.Empty(await search.SearchAsync(Cancelled));
        _world.Store.IsAway = false;
        var orphan = Assert.Single(await search.SearchAsync(Cancelled));

        _world.Clock.Advance(TimeSpan.FromHours(1));
        _world.HsmProvider.Refuses = _ => KeyServiceError.ProviderUnavailable;
        Assert.Equal(orphan, Assert.Single(await search.SearchAsync(Cancelled)));
        _world.HsmProvider.Refuses = _ => null;
        Assert.Equal(orphan, Assert.Single(await search.SearchAsync(Cancelled)));
    }

    public async ValueTask DisposeAsync()
    {
        _metrics.Dispose();
        await _world.DisposeAsync();
    }

    /// <summary>Makes a key of which no record tells, asked for a minute from now; then another minute passes.</summary>
    private async Task<string> MakeAsync(string keySet = World.SetName)
    {
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        var label = KeyIntent.LabelPrefix(keySet) + KeyIntent.NewId(_world.Clock.GetUtcNow());
        await MakeLabelledAsync(label);
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        return label;
    }

    private Task<ProviderKey> MakeLabelledAsync(string label) => _world.HsmProvider.CreateKeyAsync(label, World.Hsm.Spec, Cancelled);

    /// <summary>Where orphans are destroyed at once, these are told and left alone.</summary>
    private async Task DestroyingSparesAsync(Replica replica, IReadOnlyList<string> labels)
    {
        using var search = replica.NewOrphanSearch(_metrics, TimeSpan.Zero);
        for (var round = 0; round < 2; round++)
            Assert.Equal(labels.Order(StringComparer.Ordinal), (await search.SearchAsync(Cancelled)).Select(orphan => orphan.Label).Order(StringComparer.Ordinal));
        Assert.All(labels, label => Assert.Contains(label, _world.HsmProvider.Labels));
    }

    private static int Gauge(string provider)
    {
        var value = -1;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "keyservice.provider.orphans")
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<int>((_, measured, tags, _) =>
        {
            if (tags[0].Value as string == provider)
                value = measured;
        });
        listener.Start();
        listener.RecordObservableInstruments();
        return value;
    }
}
