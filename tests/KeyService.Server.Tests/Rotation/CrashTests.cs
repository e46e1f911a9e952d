using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Testing;

namespace KeyService.Server.Tests.Rotation;

/// <summary>
/// Each change is cut off at each of its steps in turn. Afterwards a new process does what a start does, the caller repeats the
/// call where it has a request id, and everything must be as if nothing had happened.
/// </summary>
public sealed class CrashTests
{
    private const string RequestId = "monday";

    [Fact]
    public Task Making_a_key_set() => CutOffEverywhereAsync(
        world => Task.FromResult(world.Start()),
        (world, replica) => CreateAsync(world, replica),
        again: CreateAsync,
        after: async world => Assert.Equal(2, (await world.GetAsync()).Keys.Length));

    [Fact]
    public Task Rotating() => CutOffEverywhereAsync(
        world => world.StartWithSetAsync(World.Hsm, World.Cloud),
        (_, replica) => replica.RotateAsync(RequestId),
        again: (_, replica) => replica.RotateAsync(RequestId),
        after: async world => Assert.Equal(4, (await world.GetAsync()).Keys.Length)); // one new key for each signer, however often it was asked

    [Fact]
    public Task Rotating_in_an_emergency() => CutOffEverywhereAsync(
        world => world.StartWithSetAsync(),
        (_, replica) => replica.RotateAsync(RequestId, emergency: true),
        again: (_, replica) => replica.RotateAsync(RequestId, emergency: true),
        after: async world => Assert.True((await world.ActiveAsync()).Emergency));

    [Fact]
    public Task Revoking_the_only_key() => CutOffEverywhereAsync(
        world => world.StartWithSetAsync(),
        async (world, replica) => await replica.RevokeAsync((await world.GetAsync()).Keys[0].Kid),
        again: async (world, replica) => await replica.RevokeAsync((await world.GetAsync()).Keys[0].Kid),
        after: async world => Assert.Equal(2, (await world.GetAsync()).Keys.Length));

    [Fact]
    public Task Adding_and_removing_a_signer() => CutOffEverywhereAsync(
        world => world.StartWithSetAsync(World.Hsm),
        async (_, replica) =>
        {
            await replica.Rotator.UpdateAsync(World.SetName, keySet => keySet with { Signers = [World.Hsm, World.Cloud] }, 0, TestContext.Current.CancellationToken);
            await replica.Rotator.UpdateAsync(World.SetName, keySet => keySet with { Signers = [World.Cloud] }, 0, TestContext.Current.CancellationToken);
        });

    [Fact]
    public Task Destroying_what_is_due() => CutOffEverywhereAsync(
        async world =>
        {
            var replica = await world.StartWithSetAsync();
            await replica.RotateAsync();
            world.Clock.Advance(TimeSpan.FromDays(1));
            return replica;
        },
        (_, replica) => replica.TendAsync(),
        after: async world => Assert.NotNull((await world.GetAsync()).Keys[0].Dates.Erased));

    [Fact]
    public Task Deleting_and_what_follows() => CutOffEverywhereAsync(
        world => world.StartWithSetAsync(World.Hsm, World.Cloud),
        async (world, replica) =>
        {
            await replica.RotateAsync();
            await replica.Rotator.DeleteAsync(World.SetName, 0, TestContext.Current.CancellationToken);
            world.Clock.Advance(TimeSpan.FromDays(1));
            await replica.TendAsync();
        },
        again: async (world, replica) =>
        {
            if (await world.FindAsync() is { Deleted: null })
                await replica.Rotator.DeleteAsync(World.SetName, 0, TestContext.Current.CancellationToken);
            world.Clock.Advance(TimeSpan.FromDays(1));
            await replica.WorkAsync();
        },
        after: async world => Assert.Null(await world.FindAsync()));

    [Fact]
    public Task Making_a_key_set_that_a_provider_refuses() => CutOffEverywhereAsync(
        world =>
        {
            world.CloudProvider.Refuses = call => call == "create" ? KeyServiceError.ProviderRejected : null;
            return Task.FromResult(world.Start());
        },
        (world, replica) => RefusedAsync(() => CreateAsync(world, replica)),
        restart: world => world.CloudProvider.Refuses = _ => null); // whatever is left of the set works once the provider does

    [Fact]
    public Task Rotating_where_a_provider_refuses() => CutOffEverywhereAsync(
        async world =>
        {
            var replica = await world.StartWithSetAsync(World.Hsm, World.Cloud);
            world.CloudProvider.Refuses = call => call == "sign" ? KeyServiceError.ProviderRejected : null; // after the key was made
            return replica;
        },
        (_, replica) => RefusedAsync(() => replica.RotateAsync()),
        restart: world => world.CloudProvider.Refuses = _ => null);

    private static Task<KeySet> CreateAsync(World world, Replica replica) => replica.Rotator.CreateAsync(
        world.Definition(World.Hsm, World.Cloud), RequestId, TestContext.Current.CancellationToken);

    private static async Task RefusedAsync(Func<Task> change)
    {
        try
        {
            await change();
            Assert.Fail("the provider refused, and yet it was done");
        }
        catch (KeyServiceException refused)
        {
            Assert.Equal(KeyServiceError.ProviderRejected, refused.Error);
        }
    }

    /// <param name="prepare">Up to the change, in a process that goes on with it.</param>
    /// <param name="again">What the caller does after the restart.</param>
    private static async Task CutOffEverywhereAsync(
        Func<World, Task<Replica>> prepare,
        Func<World, Replica, Task> change,
        Func<World, Replica, Task>? again = null,
        Func<World, Task>? after = null,
        Action<World>? restart = null)
    {
        var endsAt = 0;
        string end;
        do
        {
            await using var world = new World();
            var replica = await prepare(world);
            world.Points.Restart(++endsAt);
            end = await RunAsync(world, replica, change);
            if (end.Length == 0)
                Assert.True(endsAt > 2, "the change has no step at which it could end");

            world.Points.Restart();
            restart?.Invoke(world);
            var next = world.Start();
            await next.WorkAsync();
            if (again is not null)
                await again(world, next);
            await next.WorkAsync();
            await world.CheckAsync($"ended at step {endsAt}, {end}");
            if (after is not null)
                await after(world);
        }
        while (end.Length > 0);
    }

    /// <returns>Where it ended; empty where it came to its end.</returns>
    private static async Task<string> RunAsync(World world, Replica replica, Func<World, Replica, Task> change)
    {
        try
        {
            await change(world, replica);
            return "";
        }
        catch (CrashException crash)
        {
            return $"{crash.Message} ({string.Join(", ", world.Points.Passed)})";
        }
    }
}
