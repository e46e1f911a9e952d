using KeyService.Core.Rotation;
using static KeyService.Core.Tests.Rotation.PlannedKeySet;

namespace KeyService.Core.Tests.Rotation;

/// <summary>A replica whose clock is ahead, within the skew, signs with a key that is not yet active on the one that changes the set.</summary>
public sealed class FastClockTests
{
    [Fact]
    public void A_key_that_is_removed_within_the_skew_before_its_activation_stays_published_while_its_tokens_live()
    {
        var set = Started(signers: [Es256Elsewhere, Es256]);
        set.Rotate();
        var next = set.Set.Keys.Last(Es256.Owns);
        set.Now = next.Dates.Activates - Policy.ClockSkew;
        var signed = KeyTimeline.LatestExpiry(set.DatesOf(next), Policy, set.Now + Policy.ClockSkew); // on the fast replica it is active

        set.Set = RotationPlan.ChangeSigners(set.Set, [Es256Elsewhere], set.Now, TimeSpan.Zero);
        set.Now = signed + Policy.ClockSkew - TimeSpan.FromTicks(1); // where it is already the instant at which the token expires
        Assert.Contains(next.Kid, set.Published);
    }

    [Fact]
    public void A_key_that_is_removed_before_any_clock_activates_it_goes_at_once()
    {
        var set = Started(signers: [Es256Elsewhere, Es256]);
        set.Rotate();
        var next = set.Set.Keys.Last(Es256.Owns);
        set.Now = next.Dates.Activates - Policy.ClockSkew - TimeSpan.FromTicks(1);

        set.Set = RotationPlan.ChangeSigners(set.Set, [Es256Elsewhere], set.Now, TimeSpan.Zero);
        Assert.DoesNotContain(next.Kid, set.Published);
    }

    [Fact]
    public void Tokens_that_a_key_signed_within_the_skew_before_a_policy_was_shortened_keep_it_published()
    {
        var set = Started();
        var next = set.Rotate();
        set.Now = next.Dates.Activates - Policy.ClockSkew;
        var signed = KeyTimeline.LatestExpiry(set.DatesOf(next), Policy, set.Now);

        set.Set = RotationPlan.KeepPromises(set.Set with { Policy = Policy with { MaxTokenLifetime = TimeSpan.FromMinutes(1) } }, Policy, set.Now, TimeSpan.Zero);
        set.Rotate(RotationCause.Emergency);
        set.Now = next.Dates.Activates;
        set.Rotate(RotationCause.Emergency);
        Assert.True(set.DatesOf(next).Unpublishes >= signed + (2 * Policy.ClockSkew));
    }
}
