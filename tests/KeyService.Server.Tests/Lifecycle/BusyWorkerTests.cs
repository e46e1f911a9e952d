using KeyService.Server.Tests.Rotation;

namespace KeyService.Server.Tests.Lifecycle;

public sealed class BusyWorkerTests
{
    /// <summary>Making a key may take half a minute in a cloud that is ill; a revocation elsewhere must be seen all the same.</summary>
    [Fact]
    public async Task What_another_replica_changed_is_seen_while_the_worker_is_held_up()
    {
        await using var world = new World();
        var first = await world.StartWithSetAsync();
        var second = world.Start();
        await second.WorkAsync();
        using var refresher = second.NewRefresher();
        await refresher.StartAsync(TestContext.Current.CancellationToken);

        await first.RotateAsync();
        for (var passed = 0; passed < 2; passed++)
            world.Clock.Advance(TimeSpan.FromSeconds(1)); // no round of the second one's worker
        await Eventually.HoldsAsync(() => second.Catalog.Get(World.SetName).KeySet.Keys.Length == 2, "the other's key is seen");
        await refresher.StopAsync(TestContext.Current.CancellationToken);
    }
}
