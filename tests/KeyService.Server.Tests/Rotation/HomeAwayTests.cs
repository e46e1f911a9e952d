using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Core.Rotation;

namespace KeyService.Server.Tests.Rotation;

/// <summary>Rotation of a key set whose algorithm is at home in two providers, one of which is away.</summary>
public sealed class HomeAwayTests : IAsyncDisposable
{
    private readonly World _world = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_other_home_rotates_and_the_absent_one_follows_when_it_is_back(bool absentFirst)
    {
        var replica = await _world.StartWithSetAsync(absentFirst ? [World.Cloud, World.Hsm] : [World.Hsm, World.Cloud]);
        _world.CloudProvider.Refuses = _ => KeyServiceError.ProviderUnavailable;
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => replica.RotateAsync("monday"));
        Assert.Equal((KeyServiceError.ProviderUnavailable, true), (failure.Error, failure.IsTransient));
        Assert.Contains("1 of 2 keys are made", failure.Message, StringComparison.Ordinal);
        var keySet = await _world.GetAsync();
        Assert.Equal((2, 1), (Count(keySet, World.Hsm), Count(keySet, World.Cloud)));
        Assert.Equal("cloud", Assert.Single(keySet.Intents).Provider);

        _world.CloudProvider.Refuses = _ => null;
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        await replica.WorkAsync();
        keySet = await replica.RotateAsync("monday");
        Assert.Equal((2, 2), (Count(keySet, World.Hsm), Count(keySet, World.Cloud)));
        await _world.CheckAsync();
    }

    [Fact]
    public async Task An_emergency_gives_the_other_home_its_key_at_once()
    {
        var replica = await _world.StartWithSetAsync(World.Cloud, World.Hsm);
        var before = await _world.ActiveAsync(World.Hsm);
        _world.CloudProvider.Refuses = _ => KeyServiceError.ProviderUnavailable;
        await Assert.ThrowsAsync<KeyServiceException>(() => replica.RotateAsync(emergency: true));
        Assert.NotEqual(before.Kid, (await _world.ActiveAsync(World.Hsm)).Kid);
    }

    [Fact]
    public async Task A_home_that_is_known_to_be_away_is_asked_last()
    {
        var replica = await _world.StartWithSetAsync(World.Cloud, World.Hsm);
        var asked = new List<string>();
        _world.HsmProvider.Creating = _ =>
        {
            asked.Add("hsm");
            return Task.CompletedTask;
        };
        _world.CloudProvider.Refuses = call =>
        {
            if (call == "create")
                asked.Add("cloud");
            return KeyServiceError.ProviderUnavailable;
        };
        foreach (var emergency in new[] { false, true, false, true })
            await Assert.ThrowsAsync<KeyServiceException>(() => replica.RotateAsync(emergency: emergency));
        Assert.Equal("cloud", asked[0]);
        asked.Clear();
        _world.Clock.Advance(TimeSpan.FromSeconds(1)); // its rest is over: finding out may take as long as a call may
        await Assert.ThrowsAsync<KeyServiceException>(() => replica.RotateAsync(emergency: true));
        Assert.Equal(["hsm", "cloud"], asked);
    }

    [Fact]
    public async Task A_key_of_the_absent_home_can_be_revoked_and_the_other_signs_on()
    {
        var replica = await _world.StartWithSetAsync(World.Cloud, World.Hsm);
        var lost = await _world.ActiveAsync(World.Cloud);
        _world.CloudProvider.Refuses = _ => KeyServiceError.ProviderUnavailable;
        var keySet = await replica.RevokeAsync(lost.Kid);
        Assert.Null(KeyTimeline.ActiveAt(keySet, World.Cloud, _world.Clock.GetUtcNow()));
        Assert.NotNull(KeyTimeline.ActiveAt(keySet, World.Hsm, _world.Clock.GetUtcNow()));
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    private static int Count(KeySet keySet, Signer signer) => keySet.Keys.Count(signer.Owns);
}
