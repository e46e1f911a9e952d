using KeyService.Core;
using KeyService.Core.Rotation;

namespace KeyService.Server.Tests.Rotation;

/// <summary>Providers and stores that are away, or refuse for good.</summary>
public sealed class FaultTests : IAsyncDisposable
{
    private readonly World _world = new();

    [Fact]
    public async Task A_provider_that_is_away_leaves_an_intent_which_the_worker_finishes()
    {
        var replica = await _world.StartWithSetAsync();
        _world.HsmProvider.Refuses = call => call == "create" ? KeyServiceError.ProviderUnavailable : null;
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => replica.RotateAsync("monday"));
        Assert.Equal(KeyServiceError.ProviderUnavailable, failure.Error);
        Assert.Single((await _world.GetAsync()).Intents);

        _world.HsmProvider.Refuses = _ => null;
        await replica.WorkAsync();
        await replica.RotateAsync("monday");
        Assert.Equal(2, (await _world.GetAsync()).Keys.Length);
        await _world.CheckAsync();
    }

    [Theory]
    [InlineData("create")]
    [InlineData("sign")] // the probe, when the provider holds the key already
    public async Task A_provider_that_refuses_for_good_leaves_nothing(string call)
    {
        var replica = await _world.StartWithSetAsync();
        _world.HsmProvider.Refuses = name => name == call ? KeyServiceError.ProviderRejected : null;
        await Assert.ThrowsAsync<KeyServiceException>(() => replica.RotateAsync());
        Assert.Single((await _world.GetAsync()).Keys);
        await _world.CheckAsync();
    }

    [Fact]
    public async Task A_request_that_was_refused_for_good_is_tried_again_and_not_answered_as_done()
    {
        var replica = await _world.StartWithSetAsync();
        _world.HsmProvider.Refuses = call => call == "create" ? KeyServiceError.ProviderRejected : null;
        await Assert.ThrowsAsync<KeyServiceException>(() => replica.RotateAsync("monday"));
        await Assert.ThrowsAsync<KeyServiceException>(() => replica.RotateAsync("monday"));

        _world.HsmProvider.Refuses = _ => null;
        await replica.RotateAsync("monday");
        Assert.Equal(2, (await _world.GetAsync()).Keys.Length);
        await _world.CheckAsync();
    }

    [Fact]
    public async Task A_store_that_is_away_changes_nothing()
    {
        var replica = await _world.StartWithSetAsync();
        var before = await _world.GetAsync();
        _world.Store.IsAway = true;
        var failures = new[]
        {
            await Assert.ThrowsAsync<KeyServiceException>(() => replica.RotateAsync()),
            await Assert.ThrowsAsync<KeyServiceException>(() => replica.RevokeAsync(before.Keys[0].Kid)),
            await Assert.ThrowsAsync<KeyServiceException>(replica.TendAsync),
        };
        Assert.All(failures, failure => Assert.Equal(KeyServiceError.StoreUnavailable, failure.Error));
        Assert.Equal(before.Revision, replica.Catalog.Get(World.SetName).KeySet.Revision);

        _world.Store.IsAway = false;
        Assert.Equal(before.Revision, (await _world.GetAsync()).Revision);
        await _world.CheckAsync();
    }

    [Theory]
    [InlineData(KeyServiceError.ProviderUnavailable)]
    [InlineData(KeyServiceError.ProviderRejected)] // its operator may put it right: the worker goes on trying
    public async Task A_key_is_revoked_at_once_while_its_provider_makes_no_other(KeyServiceError error)
    {
        var replica = await _world.StartWithSetAsync();
        var kid = (await _world.ActiveAsync()).Kid;
        _world.HsmProvider.Refuses = call => call == "create" ? error : null;
        var answer = await replica.RevokeAsync(kid);
        Assert.NotNull(answer.Keys.Single(key => key.Kid == kid).Dates.Compromised);
        Assert.Single(answer.Intents);

        await replica.WorkAsync();
        Assert.Null(KeyTimeline.ActiveAt(await _world.GetAsync(), World.Hsm, _world.Clock.GetUtcNow()));

        _world.HsmProvider.Refuses = _ => null;
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        await replica.WorkAsync();
        Assert.NotEqual(kid, (await _world.ActiveAsync()).Kid);
        await _world.CheckAsync();
    }

    [Fact]
    public async Task A_key_set_that_a_provider_refuses_leaves_nothing_and_its_name_free()
    {
        _world.CloudProvider.Refuses = call => call == "create" ? KeyServiceError.ProviderRejected : null;
        await Assert.ThrowsAsync<KeyServiceException>(() => _world.StartWithSetAsync(World.Hsm, World.Cloud));
        Assert.Null(await _world.FindAsync());
        await _world.CheckAsync();
        await _world.StartWithSetAsync(World.Hsm);
        await _world.CheckAsync();
    }

    [Fact]
    public async Task A_signer_that_its_provider_refuses_is_taken_out_again()
    {
        var replica = await _world.StartWithSetAsync();
        _world.CloudProvider.Refuses = call => call == "create" ? KeyServiceError.ProviderRejected : null;
        await Assert.ThrowsAsync<KeyServiceException>(() => replica.Rotator.UpdateAsync(
            World.SetName, keySet => keySet with { Signers = [World.Hsm, World.Cloud] }, 0, TestContext.Current.CancellationToken));
        Assert.Equal([World.Hsm], (await _world.GetAsync()).Signers);
        await _world.CheckAsync();
    }

    [Fact]
    public async Task A_provider_that_makes_no_keys_does_not_keep_another_from_destroying_its_own()
    {
        var replica = await _world.StartWithSetAsync(World.Hsm, World.Cloud);
        await replica.RotateAsync();
        _world.Clock.Advance(TimeSpan.FromDays(1));
        _world.CloudProvider.Refuses = _ => KeyServiceError.ProviderUnavailable;
        await Assert.ThrowsAsync<KeyServiceException>(() => replica.RotateAsync());
        await Assert.ThrowsAsync<KeyServiceException>(replica.TendAsync);
        Assert.Equal((2, 2), (_world.HsmProvider.Labels.Count, _world.CloudProvider.Labels.Count));
        Assert.Single((await _world.GetAsync()).Keys, key => key.Dates.Erased is not null);
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();
}
