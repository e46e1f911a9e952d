using System.Globalization;
using KeyService.Core.Keys;
using KeyService.Core.Rotation;
using static KeyService.Core.Tests.Rotation.PlannedKeySet;

namespace KeyService.Core.Tests.Rotation;

public sealed class KeyTimelineTests
{
    private static readonly KeyDates Dates = new()
    {
        Created = Noon,
        Published = Noon,
        Activates = Noon.AddMinutes(10),
        Deactivates = Noon.AddMinutes(20),
        Unpublishes = Noon.AddMinutes(30),
        Destroys = Noon.AddMinutes(40),
    };

    /// <summary>Half of the propagation, within what the settings allow (10 minutes) and what a healthy replica needs (5 seconds).</summary>
    [Theory]
    [InlineData("00:00:00", "00:10:00")] // nothing is promised to caches
    [InlineData("00:00:02", "00:00:05")]
    [InlineData("00:00:12", "00:00:06")]
    [InlineData("00:10:00", "00:05:00")]
    [InlineData("01:00:00", "00:10:00")]
    public void A_copy_may_be_as_old_as_the_propagation_leaves_room_for(string propagation, string expected) =>
        Assert.Equal(
            TimeSpan.Parse(expected, CultureInfo.InvariantCulture),
            KeyTimeline.LongestStaleness(
                Policy with { Propagation = TimeSpan.Parse(propagation, CultureInfo.InvariantCulture) }, TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(5)));

    [Theory]
    [InlineData(0, 0, KeyState.PreActive)]
    [InlineData(10, -1, KeyState.PreActive)]
    [InlineData(10, 0, KeyState.Active)]
    [InlineData(20, -1, KeyState.Active)]
    [InlineData(20, 0, KeyState.Deactivated)]
    [InlineData(30, -1, KeyState.Deactivated)]
    [InlineData(30, 0, KeyState.Retired)]
    [InlineData(40, -1, KeyState.Retired)]
    [InlineData(40, 0, KeyState.Destroyed)]
    public void An_instant_belongs_to_the_state_that_begins_with_it(int minutes, int ticks, KeyState expected) =>
        Assert.Equal(expected, KeyTimeline.StateAt(Dates, Noon.AddMinutes(minutes).AddTicks(ticks)));

    [Theory]
    [InlineData(-5)]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(25)]
    [InlineData(100)]
    public void A_revoked_key_is_compromised_at_every_instant_and_never_published(int minutes)
    {
        var revoked = Dates with { Compromised = Noon };
        Assert.Equal(KeyState.Compromised, KeyTimeline.StateAt(revoked, Noon.AddMinutes(minutes)));
        Assert.False(KeyTimeline.IsPublishedAt(revoked, Noon.AddMinutes(minutes)));
    }

    [Fact]
    public void An_erased_key_is_destroyed_whatever_was_planned() =>
        Assert.Equal(KeyState.Destroyed, KeyTimeline.StateAt(Dates with { Erased = Noon }, Noon.AddMinutes(15)));

    [Fact]
    public void A_key_is_published_from_its_making_until_its_last_token_is_gone()
    {
        Assert.True(KeyTimeline.IsPublishedAt(Dates, Noon));
        Assert.True(KeyTimeline.IsPublishedAt(Dates, Noon.AddMinutes(30).AddTicks(-1)));
        Assert.False(KeyTimeline.IsPublishedAt(Dates, Noon.AddMinutes(30)));
    }

    [Fact]
    public void Keys_published_at_one_instant_stand_in_order_of_kid()
    {
        var set = Started(signers: [Es256, Rs256, Es256Elsewhere]);
        set.Set = set.Set with { Keys = [.. set.Set.Keys.Reverse()] };
        Assert.Equal(set.Published.Order(StringComparer.Ordinal), set.Published);
    }

    [Fact]
    public void An_earlier_publication_stands_first()
    {
        var set = Started();
        set.Advance(TimeSpan.FromMinutes(1));
        var second = set.Rotate();
        set.Set = set.Set with { Keys = [.. set.Set.Keys.Reverse()] };
        Assert.Equal(second.Kid, set.Published.Last());
    }

    [Fact]
    public void A_key_without_end_signs_tokens_of_the_full_life_plus_one_skew() =>
        Assert.Equal(
            Noon + Policy.MaxTokenLifetime + Policy.ClockSkew,
            KeyTimeline.LatestExpiry(Dates with { Deactivates = null, Unpublishes = null, Destroys = null }, Policy, Noon));

    [Fact]
    public void No_token_outlives_the_publication_of_its_key_less_two_skews()
    {
        var late = Noon.AddMinutes(25);
        Assert.Equal(Noon.AddMinutes(28), KeyTimeline.LatestExpiry(Dates, Policy, late));
    }

    [Fact]
    public void Until_its_last_instant_a_replaced_key_signs_tokens_of_the_full_life()
    {
        var set = Started();
        var first = set.Active()!;
        set.Rotate();
        var last = set.DatesOf(first).Deactivates!.Value.AddTicks(-1);
        Assert.Equal(last + Policy.MaxTokenLifetime + Policy.ClockSkew, KeyTimeline.LatestExpiry(set.DatesOf(first), Policy, last));
    }

    [Fact]
    public void A_longer_token_life_does_not_reach_past_dates_planned_before()
    {
        var set = Started();
        var first = set.Active()!;
        set.Rotate();
        var longer = Policy with { MaxTokenLifetime = TimeSpan.FromDays(2) };
        Assert.Equal(set.DatesOf(first).Unpublishes - (2 * Policy.ClockSkew), KeyTimeline.LatestExpiry(set.DatesOf(first), longer, set.Now));
    }

    [Fact]
    public void The_next_change_is_each_planned_date_in_turn_and_then_none()
    {
        var set = Started();
        var first = set.Active()!;
        var second = set.Rotate();
        var dates = set.DatesOf(first);
        DateTimeOffset?[] expected = [set.DatesOf(second).Activates, dates.Unpublishes, dates.Destroys, null];

        var seen = new List<DateTimeOffset?>();
        var at = set.Now;
        while (KeyTimeline.NextChange(set.Set, at) is { } next)
            seen.Add(at = next);
        seen.Add(null);

        Assert.Equal(expected, seen);
    }

    [Fact]
    public void The_next_change_includes_the_rotation_that_is_due()
    {
        var set = Started(Policy with { RotationPeriod = TimeSpan.FromHours(10) });
        Assert.Equal(Noon.AddHours(10) - Policy.Propagation, KeyTimeline.NextChange(set.Set, Noon));
    }

    [Fact]
    public void Dates_of_revoked_and_erased_keys_change_nothing_any_more()
    {
        var set = Started();
        var first = set.Active()!;
        set.Rotate();
        set.Set = set.Set with { Keys = [.. set.Set.Keys.Select(key => key with { Dates = key.Dates with { Compromised = key.Kid == first.Kid ? Noon : null, Erased = Noon } })] };
        Assert.Null(KeyTimeline.NextChange(set.Set, Noon));
    }
}
