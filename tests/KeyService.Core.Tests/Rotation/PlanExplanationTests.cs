using KeyService.Core.Rotation;
using static KeyService.Core.Tests.Rotation.PlannedKeySet;

namespace KeyService.Core.Tests.Rotation;

public sealed class PlanExplanationTests
{
    [Fact]
    public void A_rotation_is_told_step_by_step_with_the_dates_of_the_keys()
    {
        var planned = Started();
        var old = planned.Set.Keys[0];
        planned.Now = Noon.AddHours(1);
        var successor = planned.Rotate();
        old = planned.Set.Keys.Single(key => key.Kid == old.Kid);

        var steps = PlanExplanation.Explain(planned.Set, planned.Now);
        Assert.Equal(
            [
                (successor.Dates.Activates, successor.Kid, "The key signs ES256."),
                (old.Dates.Deactivates!.Value, old.Kid, "The key signs no more."), // its successor's activation
                (old.Dates.Unpublishes!.Value, old.Kid, "The key leaves the JWKS."),
                (old.Dates.Destroys!.Value, old.Kid, "The private key is destroyed in provider hsm."),
            ],
            steps.Select(step => (step.At!.Value, step.Kid, step.What)).OrderBy(step => step.Item1).ThenBy(step => step.What.Contains("no more", StringComparison.Ordinal)));
        Assert.Equal("It is published since 2030-01-01T13:00:00Z; caches of the JWKS may be without it for the propagation, 30 minutes.", WhyOf(steps, "The key signs ES256."));
        Assert.Equal($"Its successor {successor.Kid} signs from then on.", WhyOf(steps, "The key signs no more."));
        Assert.Equal("The last tokens that it signs live 1 hour; three times 1 minute are for clocks that differ.", WhyOf(steps, "The key leaves the JWKS."));
        Assert.Equal("It is unpublished before, and kept for the retention, 1 day.", WhyOf(steps, "The private key is destroyed in provider hsm."));
    }

    [Fact]
    public void What_is_past_is_told_no_more_and_what_is_late_says_so()
    {
        var planned = Started();
        planned.Rotate();
        var old = planned.Set.Keys[0];
        planned.Now = old.Dates.Destroys!.Value.AddMinutes(1);
        var step = Assert.Single(PlanExplanation.Explain(planned.Set, planned.Now));
        Assert.Equal((old.Kid, old.Dates.Destroys), (step.Kid, step.At));
        Assert.EndsWith("That is due; the provider has not confirmed it yet.", step.Why, StringComparison.Ordinal);

        planned.Set = planned.Set with { Keys = planned.Set.Keys.SetItem(0, old with { Dates = old.Dates with { Erased = planned.Now } }) };
        step = Assert.Single(PlanExplanation.Explain(planned.Set, planned.Now));
        Assert.Equal("The record of the key is removed.", step.What);
        Assert.Equal(planned.Now + Policy.Retention, step.At);
    }

    [Fact]
    public void A_key_that_is_still_being_made_comes_first_and_names_its_provider()
    {
        var planned = Started();
        planned.Now = Noon.AddHours(1);
        planned.Begin(RotationCause.Request, Es256);
        var step = PlanExplanation.Explain(planned.Set, planned.Now)[0];
        Assert.Equal((null, "A key for ES256 is made in provider hsm.", "It was asked for at 2030-01-01T13:00:00Z; the provider has not made it yet."), (step.At, step.What, step.Why));
    }

    [Fact]
    public void The_rotation_period_says_when_the_next_key_is_made_and_why_a_successor_waits()
    {
        var policy = Policy with { RotationPeriod = TimeSpan.FromDays(90) };
        var planned = Started(policy);
        var step = Assert.Single(PlanExplanation.Explain(planned.Set, Noon));
        Assert.Equal((Noon.AddDays(90) - Policy.Propagation, "The next key for ES256 is made in provider hsm."), (step.At, step.What));
        Assert.Equal("The present one serves 90 days; its successor is published 30 minutes before it signs.", step.Why);

        planned.Now = Noon.AddDays(80); // early: it waits for its predecessor's period
        var successor = planned.Rotate(RotationCause.Period);
        Assert.Equal(Noon.AddDays(90), successor.Dates.Activates);
        Assert.Contains("its predecessor serves its period until then", WhyOf(PlanExplanation.Explain(planned.Set, planned.Now), "The key signs ES256."), StringComparison.Ordinal);
    }

    [Fact]
    public void A_revoked_key_has_only_its_destruction_before_it()
    {
        var planned = Started();
        planned.Now = Noon.AddHours(1);
        var revoked = planned.Set.Keys[0];
        planned.Set = RotationPlan.Revoke(planned.Set, revoked, "leaked", planned.Now);
        var step = Assert.Single(PlanExplanation.Explain(planned.Set, planned.Now));
        Assert.Equal((planned.Now + Policy.Retention, revoked.Kid), (step.At, step.Kid));
        Assert.StartsWith("It was revoked at 2030-01-01T13:00:00Z, and kept for the retention", step.Why, StringComparison.Ordinal);
    }

    private static string WhyOf(IEnumerable<PlanStep> steps, string what) => Assert.Single(steps, step => step.What == what).Why;
}
