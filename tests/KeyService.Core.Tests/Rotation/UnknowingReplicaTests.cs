using KeyService.Core.Keys;
using KeyService.Core.Rotation;
using static KeyService.Core.Tests.Rotation.PlannedKeySet;

namespace KeyService.Core.Tests.Rotation;

/// <summary>A plan takes effect at once, and a replica that has lost the store goes on by the plan before, for as long as it may.</summary>
public sealed class UnknowingReplicaTests
{
    private static readonly TimeSpan Lag = Policy.Propagation / 2;

    [Fact]
    public void A_key_that_an_emergency_replaced_stays_published_for_the_last_token_that_an_unknowing_replica_signs_with_it()
    {
        var set = Started();
        var old = set.Active()!;
        set.Lag = Lag;
        set.Advance(TimeSpan.FromHours(1));
        var lastToken = LastTokenOfAnUnknowingReplica(set, old);
        set.Rotate(RotationCause.Emergency);
        Assert.Equal(set.Now, set.DatesOf(old).Deactivates);
        AssertPublishedUntil(set, old, lastToken);
    }

    [Fact]
    public void The_keys_of_a_removed_signer_and_of_a_deleted_set_do_so_too()
    {
        var set = Started(signers: [Es256, Rs256]);
        var (es256, rs256) = (set.Active(Es256)!, set.Active(Rs256)!);
        var lastToken = LastTokenOfAnUnknowingReplica(set, rs256);
        set.Set = RotationPlan.ChangeSigners(set.Set, [Es256], set.Now, Lag);
        AssertPublishedUntil(set, rs256, lastToken);

        lastToken = LastTokenOfAnUnknowingReplica(set, es256);
        set.Set = RotationPlan.Delete(set.Set, set.Now, Lag);
        AssertPublishedUntil(set, es256, lastToken);
    }

    [Fact]
    public void A_successor_that_activates_before_every_replica_knows_of_its_end_stays_published_for_what_it_signs_there()
    {
        var set = Started(signers: [Es256Elsewhere, Es256]);
        set.Rotate();
        var next = set.Set.Keys.Last(Es256.Owns);
        set.Now = next.Dates.Activates - (Lag / 2);
        var lastToken = LastTokenOfAnUnknowingReplica(set, next);
        set.Set = RotationPlan.ChangeSigners(set.Set, [Es256Elsewhere], set.Now, Lag);
        AssertPublishedUntil(set, next, lastToken);
    }

    [Fact]
    public void A_policy_of_shorter_tokens_reckons_with_the_longer_ones_that_an_unknowing_replica_signs()
    {
        var set = Started();
        var key = set.Active()!;
        var lastToken = LastTokenOfAnUnknowingReplica(set, key);
        set.Set = RotationPlan.KeepPromises(set.Set with { Policy = Policy with { MaxTokenLifetime = TimeSpan.FromMinutes(1) } }, Policy, set.Now, Lag);
        set.Rotate(RotationCause.Emergency);
        AssertPublishedUntil(set, key, lastToken);
    }

    [Fact]
    public void A_planned_rotation_takes_no_longer_for_it_since_every_replica_knows_in_time()
    {
        var set = Started();
        set.Lag = Lag;
        var old = set.Active()!;
        var next = set.Rotate();
        Assert.Equal(next.Dates.Activates + Policy.MaxTokenLifetime + (3 * Policy.ClockSkew), set.DatesOf(old).Unpublishes);
    }

    private static DateTimeOffset LastTokenOfAnUnknowingReplica(PlannedKeySet set, Key key) =>
        KeyTimeline.LatestExpiry(set.DatesOf(key), set.Set.Policy, set.Now + Lag + set.Set.Policy.ClockSkew);

    private static void AssertPublishedUntil(PlannedKeySet set, Key key, DateTimeOffset expiry)
    {
        var (now, later) = (set.Now, expiry + set.Set.Policy.ClockSkew - TimeSpan.FromTicks(1)); // on the fastest replica that is still the token's life
        set.Now = later;
        Assert.Contains(key.Kid, set.Published);
        set.Now = now;
    }
}
