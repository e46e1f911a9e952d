using KeyService.Simulation.VirtualTime;

namespace KeyService.Simulation;

public sealed class SimulationTests
{
    private const int SeedsInCi = 80;

    [Fact]
    public void Every_rule_holds_whatever_goes_wrong()
    {
        var total = default(RunFigures);
        for (var seed = 1; seed <= SeedsInCi; seed++)
        {
            var outcome = Run.Of(seed);
            Assert.True(outcome.Rule is null, Report.Of(outcome));
            total += outcome.Figures;
        }

        // A simulation in which nothing happens finds nothing.
        Assert.True(total.Keys > 10 * SeedsInCi && total.Changes > 10 * SeedsInCi && total.Signed > 100 * SeedsInCi && total.Accepted > 1000 * SeedsInCi, total.ToString());
        Assert.True(total.Refused > SeedsInCi && total.Overtaken > 0 && total.Excused > 0, total.ToString());
        Assert.True(total.Refused < total.Signed / 4, total.ToString());
    }

    [Theory]
    [InlineData(3)]
    [InlineData(11)]
    public void A_seed_is_played_alike_each_time(int seed)
    {
        var first = Run.Once(seed, new Planted.Bug(), isTold: true);
        var second = Run.Once(seed, new Planted.Bug(), isTold: true);
        Assert.NotEmpty(first.Timeline);
        Assert.Equal(first.Timeline, second.Timeline);
        Assert.Equal(first.Figures, second.Figures);
        Assert.Equal(first.Figures, Run.Once(seed, new Planted.Bug(), isTold: false).Figures); // being told about it changes nothing
    }

    [Fact]
    public void What_leaves_the_virtual_time_ends_the_run_loudly()
    {
        var scheduler = new Scheduler(new Random(1));
        var lane = new Lane(scheduler);
        var main = Task.CompletedTask;
        lane.Run(_ => main = WaitOutsideAsync(), null);
        Assert.Throws<InvalidOperationException>(() => scheduler.RunUntil(main));

        static async Task WaitOutsideAsync() => await new TaskCompletionSource().Task; // nobody in the virtual time completes it
    }

    [Fact]
    public async Task What_comes_from_another_thread_ends_the_run_loudly()
    {
        var scheduler = new Scheduler(new Random(1));
        var clock = new SkewedClock(scheduler, new Lane(scheduler), TimeSpan.Zero);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Task.Factory.StartNew(
            clock.GetUtcNow, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)); // a thread of its own
    }
}
