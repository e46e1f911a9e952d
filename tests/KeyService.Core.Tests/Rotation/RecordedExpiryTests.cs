using KeyService.Core.Keys;
using KeyService.Core.Rotation;
using static KeyService.Core.Tests.Rotation.PlannedKeySet;

namespace KeyService.Core.Tests.Rotation;

/// <summary>What was really signed is recorded, and moves the end of a key's publication where the plan would fall short.</summary>
public sealed class RecordedExpiryTests
{
    private static readonly TimeSpan Step = Policy.MaxTokenLifetime / 8;

    [Fact]
    public void The_largest_exp_is_recorded_rounded_up_and_only_when_it_grows()
    {
        var set = Started();
        var key = set.Active()!;
        var expiry = set.Now.AddMinutes(10);
        set.Set = Record(set, key, expiry)!;
        var recorded = set.DatesOf(key).SignedUntil;
        Assert.InRange(recorded!.Value, expiry, expiry + Step);
        Assert.Null(Record(set, key, expiry));
        Assert.Null(Record(set, key, recorded.Value));
        Assert.True(RotationPlan.RecordExpiries(set.Set, new Dictionary<string, DateTimeOffset> { [key.Kid] = recorded.Value.AddTicks(1) })!.Keys[0].Dates.SignedUntil > recorded);
    }

    [Fact]
    public void It_never_brings_an_end_forward_nor_does_its_rounding_put_one_off()
    {
        var set = Started();
        var old = set.Active()!;
        set.Rotate();
        var planned = set.DatesOf(old);
        set.Set = Record(set, old, set.Now.AddMinutes(1))!;
        Assert.Equal(planned with { SignedUntil = set.DatesOf(old).SignedUntil }, set.DatesOf(old));
        set.Set = Record(set, old, planned.Unpublishes!.Value - (2 * Policy.ClockSkew))!;
        Assert.Equal(planned.Unpublishes, set.DatesOf(old).Unpublishes);
        Assert.Equal(planned.Unpublishes - (2 * Policy.ClockSkew), set.DatesOf(old).SignedUntil);
    }

    [Fact]
    public void A_token_beyond_the_plan_keeps_its_key_published_and_its_private_half_as_much_longer()
    {
        var set = Started();
        var old = set.Active()!;
        set.Rotate();
        var planned = set.DatesOf(old);
        var expiry = planned.Unpublishes!.Value.AddHours(1); // as a clock signs that is an hour ahead
        set.Set = Record(set, old, expiry)!;
        Assert.Equal(expiry + (2 * Policy.ClockSkew), set.DatesOf(old).Unpublishes);
        Assert.Equal(expiry + (2 * Policy.ClockSkew) + Policy.Retention, set.DatesOf(old).Destroys);
        Assert.Equal((planned.Activates, planned.Deactivates), (set.DatesOf(old).Activates, set.DatesOf(old).Deactivates));
        Assert.Contains(PlanExplanation.Explain(set.Set, set.Now), step => step.Kid == old.Kid && step.Why.StartsWith("It signed tokens that live until ", StringComparison.Ordinal));
    }

    [Fact]
    public void An_end_that_is_planned_later_reckons_with_it()
    {
        var set = Started();
        var old = set.Active()!;
        var expiry = set.Now.AddDays(2);
        set.Set = Record(set, old, expiry)!;
        set.Rotate();
        Assert.True(set.DatesOf(old).Unpublishes >= expiry + (2 * Policy.ClockSkew));
    }

    [Fact]
    public void A_key_that_has_left_the_JWKS_too_early_returns_to_it()
    {
        var set = Started();
        var old = set.Active()!;
        set.Rotate();
        set.Now = set.DatesOf(old).Unpublishes!.Value;
        Assert.DoesNotContain(old.Kid, set.Published);
        set.Set = Record(set, old, set.Now.AddMinutes(5))!;
        Assert.Contains(old.Kid, set.Published);
    }

    [Fact]
    public void Nothing_is_recorded_of_a_key_that_is_revoked_or_gone_or_unknown()
    {
        var set = Started();
        var key = set.Active()!;
        Assert.Null(RotationPlan.RecordExpiries(set.Set, new Dictionary<string, DateTimeOffset> { ["another"] = set.Now.AddMinutes(1) }));
        set.Revoke(key);
        Assert.Null(Record(set, key, set.Now.AddMinutes(1)));
    }

    private static KeySet? Record(PlannedKeySet set, Key key, DateTimeOffset expiry) =>
        RotationPlan.RecordExpiries(set.Set, new Dictionary<string, DateTimeOffset> { [key.Kid] = expiry });
}
