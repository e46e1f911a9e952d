using KeyService.Core;
using KeyService.Core.Rotation;

namespace KeyService.Server.Tests.Rotation;

/// <summary>Key sets that the settings name: made at start where they are absent.</summary>
public sealed class ConfiguredKeySetTests : IAsyncDisposable
{
    private readonly World _world = new();

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_provider_that_cannot_be_used_stops_the_start_and_leaves_nothing()
    {
        _world.HsmProvider.Refuses = _ => KeyServiceError.ProviderRejected;
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => _world.Start(_world.Definition()).Startup.RunAsync(TestEnd));
        Assert.Equal(KeyServiceError.ProviderRejected, failure.Error);
        Assert.Null(await _world.FindAsync());

        _world.HsmProvider.Refuses = _ => null;
        await _world.Start(_world.Definition()).Startup.RunAsync(TestEnd);
        Assert.Single((await _world.GetAsync()).Keys);
        await _world.CheckAsync();
    }

    [Theory]
    [InlineData("check")]
    [InlineData("create")]
    public async Task A_provider_that_is_away_at_start_gets_its_keys_once_it_is_back(string call)
    {
        _world.HsmProvider.Refuses = name => name == call ? KeyServiceError.ProviderUnavailable : null;
        var replica = _world.Start(_world.Definition());
        await replica.Startup.RunAsync(TestEnd);

        _world.HsmProvider.Refuses = _ => null;
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        await replica.WorkAsync();
        Assert.Single((await _world.GetAsync()).Keys);
        await _world.CheckAsync();
    }

    [Fact]
    public async Task Remains_of_a_failed_first_start_are_replaced_once_they_are_gone()
    {
        // Refuses for good, and does not even let the remains be looked for.
        _world.HsmProvider.Refuses = call => call == "check" ? null : KeyServiceError.ProviderRejected;
        await Assert.ThrowsAsync<KeyServiceException>(() => _world.Start(_world.Definition()).Startup.RunAsync(TestEnd));
        Assert.NotNull((await _world.GetAsync()).Deleted);

        _world.HsmProvider.Refuses = _ => null;
        var replica = _world.Start(_world.Definition());
        await replica.Startup.RunAsync(TestEnd);
        for (var round = 0; round < 3; round++)
        {
            _world.Clock.Advance(RotationPlan.GivenUpFor);
            await replica.WorkAsync();
        }

        Assert.Null((await _world.GetAsync()).Deleted);
        await _world.CheckAsync();
    }

    [Fact]
    public async Task A_set_that_is_there_is_left_as_the_API_made_it()
    {
        var replica = await _world.StartWithSetAsync();
        await replica.Rotator.UpdateAsync(World.SetName, set => set with { Issuer = "https://changed.example" }, revision: 0, TestEnd);

        await _world.Start(_world.Definition()).Startup.RunAsync(TestEnd);
        Assert.Equal("https://changed.example", (await _world.GetAsync()).Issuer);
    }

    [Fact]
    public async Task A_set_that_was_deleted_while_the_server_runs_stays_deleted()
    {
        var replica = _world.Start(_world.Definition());
        await replica.Startup.RunAsync(TestEnd);
        await replica.Rotator.DeleteAsync(World.SetName, revision: 0, TestEnd);
        for (var hour = 0; hour < 5; hour++)
        {
            _world.Clock.Advance(TimeSpan.FromHours(1));
            await replica.WorkAsync();
        }

        Assert.Null(await _world.FindAsync());
        Assert.Empty(_world.HsmProvider.Labels);
    }
}
