namespace KeyService.Simulation;

/// <summary>Cuts replicas off from the store or a provider for a while, again and again.</summary>
internal sealed class Storm(World world)
{
    private static readonly TimeSpan UsualPartition = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan LongestPartition = TimeSpan.FromMinutes(25); // far longer than a replica goes on without the store

    public async Task RageUntilAsync(DateTimeOffset end)
    {
        while (world.Now < end)
        {
            await world.Scheduler.DelayAsync(TimeSpan.FromSeconds(world.Random.Next(60, 1200)));
            var replica = world.Replicas[world.Random.Next(world.Replicas.Count)];
            var isStore = world.Random.Next(2) == 0;
            var wires = isStore ? [replica.StoreWire] : replica.ProviderWires;
            var wire = wires[world.Random.Next(wires.Count)];
            var longest = !isStore ? TimeSpan.FromMinutes(5) : world.Random.Next(4) == 0 ? LongestPartition : UsualPartition;
            var length = longest * world.Random.NextDouble();
            world.Timeline.Add("network", () => $"{replica.Name} is cut off from {(isStore ? "the store" : "a provider")} for {length.TotalSeconds:0} s");
            wire.IsCut = true;
            world.Scheduler.After(length, () => wire.IsCut = false);
        }
    }
}
