using System.Globalization;
using KeyService.Core.Keys;
using KeyService.Core.Recovery;
using KeyService.Core.Rotation;
using KeyService.Core.Signing;
using KeyService.Core.Tests.Rotation;
using static KeyService.Core.Tests.Rotation.PlannedKeySet;

namespace KeyService.Core.Tests.Recovery;

public sealed class RecoveryPlanTests
{
    private readonly PlannedKeySet _lost = Started();

    private FoundKey First => LostKeySet.Found(_lost.Set.Keys[0]);

    private RecoveryEvidence Evidence => LostKeySet.Of(_lost.Set, _lost.Now);

    [Fact]
    public void A_label_tells_when_its_key_was_asked_for()
    {
        var asked = Noon.AddMilliseconds(7);
        Assert.Equal(asked, KeyIntent.AskedFor($"keyservice/orders/{KeyIntent.NewId(asked)}"));
        Assert.Null(KeyIntent.AskedFor("keyservice/orders/0123456789abcdef0123456789abcdef"));
        Assert.Null(KeyIntent.AskedFor("something else"));
    }

    [Fact]
    public void Ids_of_later_instants_are_greater() =>
        Assert.True(string.CompareOrdinal(KeyIntent.NewId(Noon), KeyIntent.NewId(Noon.AddMilliseconds(1))) < 0);

    [Fact]
    public void What_may_have_signed_is_published_for_a_whole_token_life_and_a_replica_that_does_not_know()
    {
        _lost.Rotate();
        _lost.Advance(Policy.Propagation);
        var lag = TimeSpan.FromMinutes(10);
        var recovered = RecoveryPlan.Recover(Evidence with { Lag = lag }).KeySet!;
        Assert.Equal(_lost.Now + lag + Policy.MaxTokenLifetime + (3 * Policy.ClockSkew), recovered.Keys[0].Dates.Unpublishes);
    }

    [Fact]
    public void A_key_that_no_jwks_has_shown_signs_only_after_the_propagation()
    {
        var jwks = LostKeySet.JwksOf(_lost.Set, _lost.Now);
        _lost.Advance(TimeSpan.FromHours(5));
        _lost.Rotate();
        _lost.Advance(TimeSpan.FromHours(5)); // made then, and never saved
        var recovery = RecoveryPlan.Recover(Evidence with { Published = jwks });
        Assert.Equal([RecoveredRole.Signs, RecoveredRole.SignsLater], recovery.Keys.Select(key => key.Role));
        Assert.Equal(_lost.Now + Policy.Propagation, recovery.KeySet!.Keys[1].Dates.Activates);
    }

    [Fact]
    public void A_key_that_had_left_the_jwks_stays_out_of_it()
    {
        _lost.Rotate();
        _lost.Advance(TimeSpan.FromHours(5));
        var recovery = RecoveryPlan.Recover(Evidence with { Published = LostKeySet.JwksOf(_lost.Set, _lost.Now) });
        Assert.Equal([RecoveredRole.LeftAlone, RecoveredRole.Signs], recovery.Keys.Select(key => key.Role));
    }

    [Fact]
    public void Where_labels_do_not_tell_their_age_the_jwks_decides()
    {
        FoundKey[] old = [.. Enumerable.Range(1, 3).Select(i => LostKeySet.Found(Es256, i.ToString("x32", CultureInfo.InvariantCulture)))];
        var evidence = Evidence with { Found = old };
        Assert.Contains("--jwks", Assert.Single(RecoveryPlan.Recover(evidence).Problems), StringComparison.Ordinal);

        var recovery = RecoveryPlan.Recover(evidence with { Published = [(old[2].Kid!, "ES256"), (old[0].Kid!, "ES256"), (old[1].Kid!, "ES256")] });
        Assert.Empty(recovery.Problems);
        Assert.Equal([RecoveredRole.Signs, RecoveredRole.SignsLater, RecoveredRole.Verifies], recovery.Keys.Select(key => key.Role));
        Assert.Equal([old[2].Kid, old[0].Kid, old[1].Kid], KeyTimeline.PublishedAt(recovery.KeySet!, _lost.Now).Select(key => key.Kid));
    }

    [Fact]
    public void Of_two_algorithms_for_one_kind_of_key_the_jwks_tells()
    {
        var signers = Evidence.Record with { Signers = [Rs256, new Signer(SigningAlgorithm.PS256, "hsm", 2048)] };
        var found = LostKeySet.Found(Rs256, _lost.Set.Keys[0].Label);
        var evidence = Evidence with { Record = signers, Found = [found] };
        Assert.Contains("RS256 or PS256", Assert.Single(RecoveryPlan.Recover(evidence).Problems), StringComparison.Ordinal);

        var recovery = RecoveryPlan.Recover(evidence with { Published = [(found.Kid!, "PS256")] });
        Assert.Equal(SigningAlgorithm.PS256, Assert.Single(recovery.KeySet!.Keys).Algorithm);
    }

    [Fact]
    public void Two_keys_under_one_label_are_told_of_and_the_jwks_decides()
    {
        var twin = new FoundKey(First.Provider, First.Label, new("twin"), First.PublicKey! with { X = "twin" });
        var evidence = Evidence with { Found = [First, twin] };
        Assert.All(RecoveryPlan.Recover(evidence).Problems, problem => Assert.Contains("--jwks", problem, StringComparison.Ordinal));
        Assert.Null(RecoveryPlan.Recover(evidence).KeySet);

        var recovery = RecoveryPlan.Recover(evidence with { Published = [(twin.Kid!, "ES256")] });
        Assert.Equal(twin.Kid, Assert.Single(recovery.KeySet!.Keys).Kid);
    }

    [Fact]
    public void What_fits_no_signer_or_shows_no_public_key_is_left_alone()
    {
        var disabled = First with { PublicKey = null };
        var recovery = RecoveryPlan.Recover(Evidence with { Found = [new FoundKey("elsewhere", First.Label, First.Handle, First.PublicKey), new FoundKey(disabled.Provider, disabled.Label, disabled.Handle, null)] });
        Assert.All(recovery.Keys, key => Assert.Equal(RecoveredRole.LeftAlone, key.Role));
        Assert.Null(recovery.KeySet);
    }

    [Fact]
    public void A_key_of_the_jwks_that_no_provider_shows_is_in_the_way_until_it_is_said_to_be_revoked()
    {
        var evidence = Evidence with { Published = [(First.Kid!, "ES256"), ("absent", "ES256")] };
        Assert.Contains("absent", Assert.Single(RecoveryPlan.Recover(evidence).Problems), StringComparison.Ordinal);
        Assert.NotNull(RecoveryPlan.Recover(evidence with { Revoked = new HashSet<string> { "absent" } }).KeySet);
    }

    [Fact]
    public void A_record_that_is_there_keeps_its_keys_and_gets_those_that_it_lacks()
    {
        var older = _lost.Set with { Revision = 3 };
        _lost.Advance(TimeSpan.FromHours(1));
        _lost.Rotate();
        var recovery = RecoveryPlan.Recover(LostKeySet.Of(_lost.Set, _lost.Now) with { Record = older });
        Assert.Equal([RecoveredRole.Recorded, RecoveredRole.SignsLater], recovery.Keys.Select(key => key.Role));
        Assert.Equal(4, recovery.KeySet!.Revision);
        Assert.Equal(older.Keys[0].Kid, KeyTimeline.ActiveAt(recovery.KeySet, Es256, _lost.Now)!.Kid);
    }

    [Fact]
    public void A_record_that_was_made_anew_goes_on_signing_and_verifies_what_the_lost_one_signed()
    {
        _lost.Advance(TimeSpan.FromHours(1));
        _lost.Rotate();
        _lost.Advance(TimeSpan.FromHours(1));
        var anew = new PlannedKeySet { Now = _lost.Now };
        var fresh = anew.Rotate();
        var found = LostKeySet.Of(_lost.Set, _lost.Now).Found;
        var recovery = RecoveryPlan.Recover(Evidence with { Record = anew.Set with { Revision = 2 }, Found = [.. found, LostKeySet.Found(fresh)] });
        Assert.Equal([RecoveredRole.Verifies, RecoveredRole.Verifies, RecoveredRole.Recorded], recovery.Keys.Select(key => key.Role));
        Assert.Equal(fresh.Kid, KeyTimeline.ActiveAt(recovery.KeySet!, Es256, _lost.Now)!.Kid);
        Assert.Null(RecoveryPlan.Recover(Evidence with { Record = recovery.KeySet!, Found = [.. found, LostKeySet.Found(fresh)] }).KeySet); // once is enough
    }
}
