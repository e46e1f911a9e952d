using System.Collections.Concurrent;
using KeyService.Fuzz.Mutation;
using KeyService.Fuzz.Runs;
using KeyService.Fuzz.Targets;

namespace KeyService.Fuzz;

public sealed class FuzzTests
{
    private const int InputsInCi = 36_000;
    private static readonly RunLimits Tight = new() { Slow = TimeSpan.FromMilliseconds(100), Hang = TimeSpan.FromMilliseconds(300), ManagedGrowth = 4 << 20 };

    [Fact]
    public async Task Parsers_refuse_what_they_do_not_take_and_nothing_else_happens()
    {
        var report = await new FuzzRun(AllTargets.All, new RunLimits { MemoryLooks = 5 }).PlayAsync(1, InputsInCi, _ => { });
        Assert.True(report.Findings.Count == 0, report.ToString());
        // Where everything is refused at the first look, or nothing is, little was tried.
        Assert.All(report.Figures, figures => Assert.InRange(figures.Value.Accepted, (figures.Value.Accepted + figures.Value.Refused) / 20, int.MaxValue));
    }

    [Fact]
    public void A_seed_gives_the_same_input_each_time()
    {
        for (var seed = 1; seed < 2000; seed++)
        {
            var target = Inputs.TargetOf(seed, AllTargets.All);
            Assert.Equal(Inputs.Make(target, seed), Inputs.Make(target, seed));
        }
    }

    [Fact]
    public Task An_exception_that_no_caller_expects_is_found() =>
        FindsAsync(nameof(InvalidOperationException), input => input.Length > 6 ? throw new InvalidOperationException("planted") : false);

    [Fact]
    public Task A_broken_rule_is_found() => FindsAsync("a rule", input =>
    {
        Rule.Holds(input.Length < 7, "a rule");
        return true;
    });

    [Fact]
    public async Task An_input_that_never_ends_is_found()
    {
        using var never = new ManualResetEventSlim();
        await FindsAsync("not ended", input =>
        {
            if (input.Length > 6)
                never.Wait(CancellationToken.None);
            return true;
        });
        never.Set();
    }

    [Fact]
    public Task An_input_that_takes_long_each_time_is_found() => FindsAsync("best of three", input =>
    {
        if (input.Length > 6)
            SpinWait.SpinUntil(() => false, TimeSpan.FromMilliseconds(120));
        return true;
    });

    [Fact]
    public Task Memory_that_is_kept_is_found()
    {
        var kept = new ConcurrentBag<byte[]>();
        return FindsAsync("memory grows", _ =>
        {
            kept.Add(new byte[64 << 10]);
            return true;
        });
    }

    private static async Task FindsAsync(string what, Func<byte[], bool> take)
    {
        var target = new Target("planted", ByteMutations.Mutate, ["seven"u8.ToArray()], take, e => e is FormatException);
        var report = await new FuzzRun([target], Tight).PlayAsync(1, 500, _ => { });
        var finding = Assert.Single(report.Findings);
        Assert.Contains(what, finding.What, StringComparison.Ordinal);
        Assert.Equal(Inputs.Make(target, finding.Seed), finding.Input);
    }
}
