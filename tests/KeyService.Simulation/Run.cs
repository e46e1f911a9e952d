using KeyService.Simulation.Invariants;
using KeyService.Simulation.Planted;

namespace KeyService.Simulation;

/// <summary>One run: two hours of everything going wrong, some quiet minutes in which all must come right, twice; then an hour for what is left.</summary>
internal static class Run
{
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(8);
    private static readonly TimeSpan Ending = TimeSpan.FromMinutes(40);

    /// <summary>Runs a seed; where a rule is broken once more, to tell how it came to it.</summary>
    public static Outcome Of(int seed, Bug? bug = null)
    {
        var outcome = Once(seed, bug ?? new Bug(), isTold: false);
        return outcome.Rule is null ? outcome : Once(seed, bug ?? new Bug(), isTold: true);
    }

    public static Outcome Once(int seed, Bug bug, bool isTold)
    {
        using var world = new World(seed, bug, isTold);
        var clients = new Clients(world);
        var operators = new Operators(world);
        world.Ledger.Planned = clients.SignAround;
        var before = SynchronizationContext.Current;
        try
        {
            SynchronizationContext.SetSynchronizationContext(null);
            Task main = Task.CompletedTask;
            world.Lane.Run(_ => main = PlayAsync(world, clients, operators), null);
            world.Scheduler.RunUntil(main);
            if (main.IsFaulted)
                world.Findings.Break("the simulation itself", main.Exception!.ToString()); // it is faulted
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        var figures = new RunFigures(
            world.Scheduler.Steps, world.Ledger.KeysMade, clients.Signed, clients.Refused, world.Signing.Overtaken, operators.Done, world.Publishing.Answers,
            world.Verifiers.Sum(verifier => verifier.Accepted), world.Verifiers.Sum(verifier => verifier.Excused), world.Signing.WorstRevocation);
        return new Outcome(seed, world.Findings.Rule, world.Findings.Text, figures, world.Timeline.Lines);
    }

    private static async Task PlayAsync(World world, Clients clients, Operators operators)
    {
        foreach (var replica in world.Replicas)
            replica.Start();
        await world.Scheduler.DelayAsync(TimeSpan.FromSeconds(5));
        await operators.CreateAllAsync();
        var signing = clients.SignForeverAsync();
        var quiet = new QuietRules(world);
        for (var phase = 0; phase < 2; phase++)
        {
            var end = world.Now + TimeSpan.FromMinutes(world.Random.Next(60, 120));
            await Task.WhenAll(operators.WorkUntilAsync(end), new Storm(world).RageUntilAsync(end));
            await SettleAsync(world, operators);
            quiet.Check();
            world.Weather.IsFair = false;
        }

        world.Weather.IsFair = true;
        clients.IsOver = true;
        await signing;
        await world.Scheduler.DelayAsync(Ending);
        quiet.Check();
    }

    private static async Task SettleAsync(World world, Operators operators)
    {
        world.Timeline.Add("weather", () => "is fair for a while");
        world.Weather.IsFair = true;
        foreach (var replica in world.Replicas)
            replica.BringBack();
        while (operators.Running > 0)
            await world.Scheduler.DelayAsync(TimeSpan.FromSeconds(1));
        await world.Scheduler.DelayAsync(Settling);
    }
}
