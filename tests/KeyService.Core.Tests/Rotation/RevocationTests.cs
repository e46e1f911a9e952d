using KeyService.Core.Keys;
using KeyService.Core.Rotation;
using static KeyService.Core.Tests.Rotation.PlannedKeySet;

namespace KeyService.Core.Tests.Rotation;

public sealed class RevocationTests
{
    [Fact]
    public void The_published_successor_takes_over_at_once_and_is_marked_where_that_is_early()
    {
        var set = Started();
        var first = set.Active()!;
        var second = set.Rotate();
        set.Advance(TimeSpan.FromMinutes(10));
        set.Revoke(first);

        Assert.Equal(second.Kid, set.Active()?.Kid);
        Assert.True(set.Again(second).Emergency);
        Assert.Equal([second.Kid], set.Published);
        Assert.False(RotationPlan.NeedsKey(set.Set, Es256, set.Now));
    }

    [Fact]
    public void A_successor_published_long_enough_takes_over_unmarked()
    {
        var set = Started(Policy with { RotationPeriod = TimeSpan.FromHours(10) });
        var second = set.Rotate(RotationCause.Period);
        set.Advance(Policy.Propagation);
        set.Revoke(set.Active()!);
        Assert.Equal((second.Kid, false), (set.Active()!.Kid, set.Active()!.Emergency));
    }

    [Fact]
    public void The_last_key_leaves_a_signer_that_needs_a_key_which_then_signs_at_once()
    {
        var set = Started();
        var only = set.Active()!;
        set.Revoke(only);
        Assert.Null(set.Active());
        Assert.Empty(set.Published);
        Assert.True(RotationPlan.NeedsKey(set.Set, Es256, set.Now));

        set.Complete(set.Begin(RotationCause.Request, Es256));
        Assert.True(set.Active()!.Emergency);
    }

    [Fact]
    public void A_key_that_was_on_its_way_takes_the_place_of_the_last_one_at_once()
    {
        var set = Started();
        var pending = set.Begin(RotationCause.Request, Es256);
        set.Revoke(set.Active()!);
        Assert.False(RotationPlan.NeedsKey(set.Set, Es256, set.Now));
        set.Complete(pending);
        Assert.Equal((pending.Label("orders"), true), (set.Active()!.Label, set.Active()!.Emergency));
    }

    [Fact]
    public void A_key_that_waits_drops_out_and_its_neighbours_close_up()
    {
        var set = Started();
        var first = set.Active()!;
        var second = set.Rotate();
        set.Advance(TimeSpan.FromMinutes(1));
        var third = set.Rotate();
        set.Revoke(second);
        Assert.Equal(third.Dates.Activates, set.DatesOf(first).Deactivates);
    }

    [Fact]
    public void The_last_key_that_waits_gives_its_predecessor_an_open_end_back()
    {
        var set = Started();
        var first = set.Active()!;
        set.Revoke(set.Rotate());
        Assert.Equal((null, null, null), (set.DatesOf(first).Deactivates, set.DatesOf(first).Unpublishes, set.DatesOf(first).Destroys));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void One_of_several_keys_planned_for_one_instant_drops_out_without_a_second_active_key(int revoked)
    {
        var set = Started();
        for (var i = 0; i < 3; i++)
            set.Rotate();
        set.Revoke(set.Set.Keys[revoked]);
        set.Advance(Policy.Propagation);
        Assert.Single(set.Set.Keys, key => set.StateOf(key) == KeyState.Active);
    }

    [Fact]
    public void Dates_that_a_revocation_does_not_move_stay_as_they_were_planned_under_another_policy()
    {
        var set = Started();
        var first = set.Active()!;
        var second = set.Rotate();
        set.Rotate(); // for the same instant
        var planned = set.DatesOf(first);
        set.Set = set.Set with { Policy = Policy with { MaxTokenLifetime = TimeSpan.FromMinutes(1) } };
        set.Revoke(second);
        Assert.Equal(planned, set.DatesOf(first));
    }

    [Fact]
    public void A_deactivated_key_leaves_the_published_set_and_nothing_else_changes()
    {
        var set = Started();
        var first = set.Active()!;
        var second = set.Rotate();
        set.Advance(Policy.Propagation);
        var kept = set.Again(second);
        set.Revoke(first);
        Assert.Equal([second.Kid], set.Published);
        Assert.Equal(kept, set.Active());
    }

    [Fact]
    public void A_key_of_a_removed_signer_is_followed_by_nothing()
    {
        var set = Started(signers: [Es256, Rs256]);
        var removed = set.Active(Rs256)!;
        set.Set = RotationPlan.ChangeSigners(set.Set, [Es256], set.Now, TimeSpan.Zero);
        var others = set.Set.Keys.Remove(set.Again(removed));
        set.Revoke(removed);
        Assert.Equal(others, set.Set.Keys.Remove(set.Again(removed)));
        Assert.Equal(KeyState.Compromised, set.StateOf(removed));
    }

    [Fact]
    public void A_revoked_key_is_destroyed_after_the_retention()
    {
        var set = Started();
        var first = set.Active()!;
        set.Revoke(first);
        Assert.Empty(RotationPlan.DueForDestruction(set.Set, set.Now + Policy.Retention - TimeSpan.FromTicks(1)));
        Assert.Equal(first.Kid, Assert.Single(RotationPlan.DueForDestruction(set.Set, set.Now + Policy.Retention)).Kid);
    }

    [Fact]
    public void A_revocation_never_puts_off_a_destruction_that_was_planned_sooner()
    {
        var set = Started();
        var first = set.Active()!;
        set.Rotate();
        set.Now = set.DatesOf(first).Unpublishes!.Value.AddHours(1);
        set.Revoke(first);
        Assert.Equal(set.DatesOf(first).Destroys, RotationPlan.DestructionOf(set.Set, set.Again(first)));
    }

    [Fact]
    public void The_reason_is_kept_with_the_key()
    {
        var set = Started();
        var first = set.Active()!;
        set.Revoke(first);
        Assert.Equal("leaked", set.Again(first).Reason);
    }
}
