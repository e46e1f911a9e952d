using KeyService.Core.Keys;
using KeyService.Core.Rotation;
using static KeyService.Core.Tests.Rotation.PlannedKeySet;

namespace KeyService.Core.Tests.Rotation;

/// <summary>A cache that was filled just before the propagation was shortened keeps what it was told to keep under the longer one.</summary>
public sealed class ShorterPropagationTests
{
    private static readonly KeySetPolicy Short = Policy with { Propagation = TimeSpan.FromSeconds(10) };

    [Fact]
    public void A_new_key_waits_for_the_caches_that_were_filled_before_the_change()
    {
        var set = Started();
        Shorten(set);
        var free = set.Now + Policy.Propagation;
        set.Advance(TimeSpan.FromMinutes(1));
        var next = set.Rotate();
        Assert.Equal(free, next.Dates.Activates);
        Assert.Contains(PlanExplanation.Explain(set.Set, set.Now), step => step.Kid == next.Kid && step.Why.Contains("earlier policy", StringComparison.Ordinal));
    }

    [Fact]
    public void Once_these_have_run_out_the_shorter_one_holds()
    {
        var set = Started();
        Shorten(set);
        set.Advance(Policy.Propagation);
        Assert.Equal(set.Now + Short.Propagation, set.Rotate().Dates.Activates);
    }

    [Fact]
    public void Shortening_twice_does_not_forget_the_longest()
    {
        var set = Started();
        Shorten(set);
        var free = set.Now + Policy.Propagation;
        set.Set = RotationPlan.KeepPromises(set.Set with { Policy = Short with { Propagation = TimeSpan.FromSeconds(5) } }, Short, set.Now, TimeSpan.Zero);
        Assert.Equal(free, set.Rotate().Dates.Activates);
    }

    [Fact]
    public void A_longer_one_needs_no_such_thing()
    {
        var set = Started(Short);
        set.Set = RotationPlan.KeepPromises(set.Set with { Policy = Policy }, Short, set.Now, TimeSpan.Zero);
        Assert.Null(set.Set.CachesUntil);
    }

    [Fact]
    public void An_emergency_does_not_wait()
    {
        var set = Started();
        Shorten(set);
        Assert.Equal(set.Now, set.Rotate(RotationCause.Emergency).Dates.Activates);
    }

    private static void Shorten(PlannedKeySet set) =>
        set.Set = RotationPlan.KeepPromises(set.Set with { Policy = Short }, Policy, set.Now, Policy.Propagation / 2);
}
