using KeyService.Core.Keys;
using KeyService.Core.Rotation;
using static KeyService.Core.Tests.Rotation.PlannedKeySet;

namespace KeyService.Core.Tests.Rotation;

public sealed class RotationPlanTests
{
    [Fact]
    public void The_first_key_of_each_signer_signs_at_once()
    {
        var set = Started(signers: [Es256, Rs256]);
        Assert.All(set.Set.Signers, signer => Assert.Equal(Noon, set.Active(signer)?.Dates.Activates));
        Assert.All(set.Set.Keys, key => Assert.False(key.Emergency));
        Assert.All(set.Set.Keys, key => Assert.Null(key.Dates.Deactivates));
    }

    [Fact]
    public void A_successor_is_published_at_once_and_signs_after_the_propagation()
    {
        var set = Started();
        var first = set.Active()!;
        var second = set.Rotate();
        Assert.Equal((Noon, Noon + Policy.Propagation), (second.Dates.Published, second.Dates.Activates));
        Assert.Equal(KeyState.PreActive, set.StateOf(second));

        set.Now = second.Dates.Activates.AddTicks(-1);
        Assert.Equal(first.Kid, set.Active()?.Kid);
        set.Now = second.Dates.Activates;
        Assert.Equal(second.Kid, set.Active()?.Kid);
        Assert.Equal(KeyState.Deactivated, set.StateOf(first));
    }

    [Fact]
    public void A_replaced_key_stays_published_for_a_tokens_life_and_three_skews_and_is_kept_for_the_retention()
    {
        var set = Started();
        var first = set.Active()!;
        var second = set.Rotate();
        var dates = set.DatesOf(first);
        Assert.Equal(second.Dates.Activates, dates.Deactivates);
        Assert.Equal(dates.Deactivates + Policy.MaxTokenLifetime + (3 * Policy.ClockSkew), dates.Unpublishes);
        Assert.Equal(dates.Unpublishes + Policy.Retention, dates.Destroys);
    }

    [Fact]
    public void Rotations_in_quick_succession_queue_up_without_gap()
    {
        var set = Started();
        for (var i = 0; i < 3; i++)
        {
            set.Advance(TimeSpan.FromMinutes(1));
            set.Rotate();
        }

        var keys = set.Set.Keys;
        Assert.Equal(keys.Skip(1).Select(key => (DateTimeOffset?)key.Dates.Activates).Append(null), keys.Select(key => key.Dates.Deactivates));
    }

    [Fact]
    public void A_rotation_asked_for_overtakes_one_that_activates_later()
    {
        var set = Started(Policy with { RotationPeriod = TimeSpan.FromHours(10) });
        var first = set.Active()!;
        var scheduled = set.Rotate(RotationCause.Period);
        var asked = set.Rotate();
        Assert.Equal(asked.Dates.Activates, set.DatesOf(first).Deactivates);
        Assert.Equal(scheduled.Dates.Activates, set.DatesOf(asked).Deactivates);
        Assert.Null(set.DatesOf(scheduled).Deactivates);
    }

    [Fact]
    public void A_scheduled_key_takes_over_when_its_predecessor_has_served_the_period()
    {
        var set = Started(Policy with { RotationPeriod = TimeSpan.FromHours(10) });
        set.Now = RotationPlan.RotationDue(set.Set, Es256)!.Value;
        Assert.Equal(Noon.AddHours(10) - Policy.Propagation, set.Now);
        Assert.Equal(Noon.AddHours(10), set.Rotate(RotationCause.Period).Dates.Activates);
    }

    [Fact]
    public void A_scheduled_key_made_late_is_still_published_for_the_propagation_first()
    {
        var set = Started(Policy with { RotationPeriod = TimeSpan.FromHours(10) });
        set.Advance(TimeSpan.FromHours(30));
        Assert.Equal(set.Now + Policy.Propagation, set.Rotate(RotationCause.Period).Dates.Activates);
    }

    [Fact]
    public void No_rotation_is_due_by_hand_only_while_one_is_under_way_or_once_the_set_is_deleted()
    {
        var byHand = Started();
        Assert.Null(RotationPlan.RotationDue(byHand.Set, Es256));

        var set = Started(Policy with { RotationPeriod = TimeSpan.FromHours(10) });
        set.Begin(RotationCause.Period, Es256);
        Assert.Null(RotationPlan.RotationDue(set.Set, Es256));

        var deleted = Started(Policy with { RotationPeriod = TimeSpan.FromHours(10) });
        deleted.Set = RotationPlan.Delete(deleted.Set, deleted.Now, TimeSpan.Zero);
        Assert.Null(RotationPlan.RotationDue(deleted.Set, Es256));
    }

    [Fact]
    public void The_next_rotation_is_due_after_the_last_planned_key()
    {
        var set = Started(Policy with { RotationPeriod = TimeSpan.FromHours(10) });
        var second = set.Rotate();
        Assert.Equal(second.Dates.Activates.AddHours(10) - Policy.Propagation, RotationPlan.RotationDue(set.Set, Es256));
    }

    [Fact]
    public void An_emergency_key_signs_at_once_and_says_so()
    {
        var set = Started();
        var first = set.Active()!;
        set.Advance(TimeSpan.FromHours(1));
        var second = set.Rotate(RotationCause.Emergency);
        Assert.True(second.Emergency);
        Assert.Equal(second.Kid, set.Active()?.Kid);
        Assert.Equal(KeyState.Deactivated, set.StateOf(first));
    }

    [Fact]
    public void An_emergency_key_signs_until_the_successor_that_was_published_before()
    {
        var set = Started();
        var queued = set.Rotate();
        var emergency = set.Rotate(RotationCause.Emergency);
        Assert.Equal(queued.Dates.Activates, set.DatesOf(emergency).Deactivates);
        Assert.Null(set.DatesOf(queued).Deactivates);
    }

    [Fact]
    public void A_change_of_policy_rewrites_no_planned_date_and_holds_for_the_next_plan()
    {
        var set = Started();
        set.Rotate();
        var before = set.Set.Keys;
        set.Set = set.Set with { Policy = Policy with { Propagation = TimeSpan.FromHours(5) } };
        Assert.Equal(before, set.Set.Keys);
        Assert.Equal(set.Now.AddHours(5), set.Rotate().Dates.Activates);
    }

    [Fact]
    public void A_shorter_token_life_leaves_published_what_signed_longer_ones()
    {
        var set = Started(Policy with { Propagation = TimeSpan.Zero });
        var first = set.Active()!;
        var signed = KeyTimeline.LatestExpiry(first.Dates, Policy, set.Now);
        set.Set = RotationPlan.KeepPromises(set.Set with { Policy = set.Set.Policy with { MaxTokenLifetime = TimeSpan.FromMinutes(1) } }, Policy, set.Now, TimeSpan.Zero);
        set.Advance(TimeSpan.FromSeconds(1));
        set.Rotate();
        Assert.Equal(signed + (2 * Policy.ClockSkew), set.DatesOf(first).Unpublishes);

        set.Now = set.DatesOf(first).Unpublishes!.Value;
        Assert.Null(set.DatesOf(set.Active()!).TokensUntil); // the next key signs short tokens only
    }

    [Fact]
    public void An_added_signer_begins_at_once_and_leaves_the_others_alone()
    {
        var set = Started();
        var first = set.Active()!;
        set.Advance(TimeSpan.FromHours(1));
        set.Set = RotationPlan.ChangeSigners(set.Set, [Es256, Rs256], set.Now, TimeSpan.Zero);
        Assert.True(RotationPlan.NeedsKey(set.Set, Rs256, set.Now));
        Assert.False(RotationPlan.NeedsKey(set.Set, Es256, set.Now));

        set.Complete(set.Begin(RotationCause.Request, Rs256));
        Assert.Equal(set.Now, set.Active(Rs256)?.Dates.Activates);
        Assert.False(set.Active(Rs256)!.Emergency);
        Assert.Equal(first, set.Active());
    }

    [Fact]
    public void A_removed_signer_stops_at_once_and_its_tokens_stay_verifiable()
    {
        var set = Started(signers: [Es256, Rs256]);
        var active = set.Active(Rs256)!;
        set.Rotate();
        var waiting = set.Set.Keys.Last(Rs256.Owns);
        set.Set = RotationPlan.ChangeSigners(set.Set, [Es256], set.Now, TimeSpan.Zero);

        Assert.Null(set.Active(Rs256));
        Assert.Equal(set.Now + Policy.MaxTokenLifetime + (3 * Policy.ClockSkew), set.DatesOf(active).Unpublishes);
        Assert.Equal(KeyState.Retired, set.StateOf(waiting)); // it never signed: nothing needs it
        Assert.Equal(set.Now + Policy.Retention, set.DatesOf(waiting).Destroys);
    }

    [Fact]
    public void A_signer_added_back_gets_a_new_key_and_leaves_the_old_ones_ended()
    {
        var set = Started(signers: [Es256, Rs256]);
        var old = set.Active(Rs256)!;
        set.Set = RotationPlan.ChangeSigners(set.Set, [Es256], set.Now, TimeSpan.Zero);
        var ended = set.DatesOf(old);
        set.Advance(TimeSpan.FromMinutes(1));
        set.Set = RotationPlan.ChangeSigners(set.Set, [Es256, Rs256], set.Now, TimeSpan.Zero);

        Assert.True(RotationPlan.NeedsKey(set.Set, Rs256, set.Now));
        set.Complete(set.Begin(RotationCause.Request, Rs256));
        Assert.NotEqual(old.Kid, set.Active(Rs256)?.Kid);
        Assert.True(set.Active(Rs256)!.Emergency); // no verifier had time to learn of it, and the signer has a past
        Assert.Equal(ended, set.DatesOf(old));
    }

    [Fact]
    public void An_intent_is_abandoned_with_its_signer_or_its_set()
    {
        var set = Started(signers: [Es256, Rs256]);
        var intent = set.Begin(RotationCause.Request, Rs256);
        var without = RotationPlan.ChangeSigners(set.Set, [Es256], set.Now, TimeSpan.Zero);
        var deleted = RotationPlan.Delete(set.Set, set.Now, TimeSpan.Zero);
        Assert.Null(Assert.Single(set.Set.Intents).GivenUp);
        Assert.Equal(set.Now, Assert.Single(without.Intents).GivenUp);
        Assert.Equal(set.Now, Assert.Single(deleted.Intents).GivenUp);
        Assert.Throws<ArgumentException>(() => RotationPlan.Complete(deleted, intent, set.Set.Keys[0], set.Now, TimeSpan.Zero));
        Assert.Throws<ArgumentException>(() => RotationPlan.Complete(deleted, deleted.Intents[0], set.Set.Keys[0], set.Now, TimeSpan.Zero));
    }

    [Fact]
    public void An_intent_that_was_given_up_becomes_no_key_when_its_signer_returns_and_holds_up_no_other()
    {
        var set = Started(signers: [Es256, Rs256]);
        var intent = set.Begin(RotationCause.Request, Rs256);
        set.Set = RotationPlan.ChangeSigners(set.Set, [Es256], set.Now, TimeSpan.Zero);
        var givenUp = set.Now;
        set.Advance(TimeSpan.FromMinutes(1));
        set.Set = RotationPlan.ChangeSigners(set.Set, [Es256, Rs256], set.Now, TimeSpan.Zero);
        Assert.Equal(givenUp, Assert.Single(set.Set.Intents).GivenUp);
        Assert.True(RotationPlan.NeedsKey(set.Set, Rs256, set.Now));
        Assert.NotEqual(intent.Id, set.Begin(RotationCause.Request, Rs256).Id);
        Assert.False(RotationPlan.NeedsKey(set.Set, Rs256, set.Now));
    }

    [Fact]
    public void An_intent_that_was_given_up_is_remembered_while_a_call_for_it_may_be_on_its_way()
    {
        var set = Started(signers: [Es256, Rs256]);
        set.Begin(RotationCause.Request, Rs256);
        set.Set = RotationPlan.ChangeSigners(set.Set, [Es256], set.Now, TimeSpan.Zero);
        var intent = Assert.Single(set.Set.Intents);
        var end = set.Now + RotationPlan.GivenUpFor;
        Assert.False(RotationPlan.IsForgotten(intent, end.AddTicks(-1)));
        Assert.True(RotationPlan.IsForgotten(intent, end));
        Assert.Equal(end, RotationPlan.NextWork(set.Set));
    }

    [Fact]
    public void A_deleted_set_signs_no_more_and_needs_no_key()
    {
        var set = Started();
        var active = set.Active()!;
        set.Rotate();
        set.Set = RotationPlan.Delete(set.Set, set.Now, TimeSpan.Zero);
        Assert.Null(set.Active());
        Assert.Equal([active.Kid], set.Published);
        Assert.False(RotationPlan.NeedsKey(set.Set, Es256, set.Now));
        Assert.All(set.Set.Keys, key => Assert.NotNull(key.Dates.Destroys));
    }

    [Fact]
    public void What_was_taken_back_is_destroyed_now()
    {
        var set = Started();
        set.Set = RotationPlan.Undo(set.Set, set.Now);
        Assert.Empty(set.Published);
        Assert.Equal(set.Set.Keys, RotationPlan.DueForDestruction(set.Set, set.Now));
    }

    [Fact]
    public void A_key_is_destroyed_on_its_date_and_forgotten_after_the_retention_again()
    {
        var set = Started();
        var first = set.Active()!;
        set.Rotate();
        set.Now = set.DatesOf(first).Destroys!.Value.AddTicks(-1);
        Assert.Empty(RotationPlan.DueForDestruction(set.Set, set.Now));
        set.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(first.Kid, Assert.Single(RotationPlan.DueForDestruction(set.Set, set.Now)).Kid);

        set.Set = set.Set with { Keys = set.Set.Keys.Replace(set.Again(first), first with { Dates = set.DatesOf(first) with { Erased = set.Now } }) };
        Assert.Empty(RotationPlan.DueForDestruction(set.Set, set.Now));
        Assert.Equal(set.Now + Policy.Retention, RotationPlan.NextWork(set.Set));
        Assert.Equal(2, RotationPlan.Forget(set.Set, set.Now + Policy.Retention - TimeSpan.FromTicks(1)).Keys.Length);
        Assert.DoesNotContain(first.Kid, RotationPlan.Forget(set.Set, set.Now + Policy.Retention).Keys.Select(key => key.Kid));
    }

    [Fact]
    public void Only_the_latest_requests_are_remembered()
    {
        var set = Started().Set;
        for (var i = 0; i < RotationPlan.MaxRequests + 1; i++)
            set = RotationPlan.Remember(set, new HandledRequest($"request {i}", "rotate", Noon, []));
        Assert.Equal(RotationPlan.MaxRequests, set.Requests.Length);
        Assert.Equal("request 1", set.Requests[0].Id);
    }

    [Fact]
    public void Work_is_in_sight_for_intents_rotations_destructions_and_deleted_sets()
    {
        Assert.Null(RotationPlan.NextWork(Started().Set));

        var periodic = Started(Policy with { RotationPeriod = TimeSpan.FromHours(10) });
        Assert.Equal(RotationPlan.RotationDue(periodic.Set, Es256), RotationPlan.NextWork(periodic.Set));

        var pending = Started();
        pending.Begin(RotationCause.Request, Es256);
        Assert.Equal(Noon, RotationPlan.NextWork(pending.Set));

        var rotated = Started();
        rotated.Rotate();
        Assert.Equal(rotated.Set.Keys[0].Dates.Destroys, RotationPlan.NextWork(rotated.Set));

        var empty = new PlannedKeySet();
        empty.Set = RotationPlan.Delete(empty.Set, Noon, TimeSpan.Zero);
        Assert.Equal(Noon, RotationPlan.NextWork(empty.Set));
    }

    [Fact]
    public void A_signer_with_no_key_and_none_on_its_way_is_work_at_once()
    {
        var set = Started();
        set.Revoke(set.Active()!);
        Assert.True(RotationPlan.NeedsKey(set.Set, Es256, set.Now));
        Assert.True(RotationPlan.NextWork(set.Set) <= set.Now);
    }
}
