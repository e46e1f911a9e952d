using FsCheck;
using FsCheck.Fluent;
using KeyService.Core.Keys;
using KeyService.Core.Recovery;
using KeyService.Core.Rotation;
using KeyService.Core.Tests.Rotation;
using static KeyService.Core.Tests.Rotation.PlannedKeySet;

namespace KeyService.Core.Tests.Recovery;

/// <summary>Whatever a key set has been through when its record is lost: the rules hold for what is recovered, from then on.</summary>
public sealed class RecoveryPlanProperties
{
    private static readonly Arbitrary<(KeySetPolicy Policy, (int Act, int Minutes)[] Steps, int Outage, bool HasJwks)> Losses =
        (from propagation in Gen.Choose(1, 60)
         from lifetime in Gen.Choose(1, 120)
         from skew in Gen.Choose(0, 60)
         from period in Gen.Choose(0, 12)
         from steps in Gen.Zip(Gen.Choose(0, 9), Gen.Choose(0, 90)).NonEmptyListOf()
         from outage in Gen.Choose(0, 240)
         from hasJwks in Gen.Elements(true, false)
         select (
             new KeySetPolicy
             {
                 Propagation = TimeSpan.FromMinutes(propagation),
                 MaxTokenLifetime = TimeSpan.FromMinutes(lifetime),
                 Retention = TimeSpan.FromDays(2),
                 ClockSkew = TimeSpan.FromSeconds(skew),
                 RotationPeriod = period < 2 ? null : TimeSpan.FromHours(period),
             },
             steps.Select(step => (step.Item1, step.Item2)).ToArray(), outage, hasJwks)).ToArbitrary();

    [Fact]
    public void Every_token_verifies_one_key_signs_and_no_revoked_key_comes_back() => Seeded.Check(
        Prop.ForAll(Losses, loss =>
        {
            var lost = Live(loss.Policy, loss.Steps);
            var now = lost.Now.AddMinutes(loss.Outage);
            var evidence = LostKeySet.Of(lost.Set, now) with { Published = loss.HasJwks ? LostKeySet.JwksOf(lost.Set, lost.Now) : null };
            var recovery = RecoveryPlan.Recover(evidence);
            Require(recovery.Problems.IsEmpty, string.Join(' ', recovery.Problems));
            var recovered = recovery.KeySet ?? throw new InvalidOperationException("Nothing was recovered.");
            CheckTokens(lost, recovered, now);
            CheckLines(recovered, evidence);
            CheckKnown(lost.Set, recovered, now);
        }));

    [Fact]
    public void The_jwks_is_the_same_and_so_is_the_key_that_signs() => Seeded.Check(
        Prop.ForAll(Losses, loss =>
        {
            // An emergency or a revocation activates a key at once, which no label tells.
            var lost = Live(loss.Policy, [.. loss.Steps.Where(step => step.Act is < 6 or > 7)]);
            var evidence = LostKeySet.Of(lost.Set, lost.Now) with { Published = LostKeySet.JwksOf(lost.Set, lost.Now) };
            var recovered = RecoveryPlan.Recover(evidence).KeySet!; // the other property requires it
            Require(KeyTimeline.PublishedAt(recovered, lost.Now).Select(key => key.Label).SequenceEqual(KeyTimeline.PublishedAt(lost.Set, lost.Now).Select(key => key.Label)), "the JWKS is another one");
            foreach (var signer in lost.Set.Signers)
                Require(KeyTimeline.ActiveAt(recovered, signer, lost.Now)?.Label == KeyTimeline.ActiveAt(lost.Set, signer, lost.Now)?.Label, $"another key of {signer} signs");
        }));

    private static PlannedKeySet Live(KeySetPolicy policy, IEnumerable<(int Act, int Minutes)> steps)
    {
        var set = Started(policy, Es256, Rs256, Es256Elsewhere);
        foreach (var (act, minutes) in steps)
        {
            switch (act)
            {
                case < 3:
                    set.Rotate();
                    break;
                case < 6:
                    var due = set.Set.Signers.Where(signer => set.Now >= RotationPlan.RotationDue(set.Set, signer)).ToArray();
                    if (due.Length > 0)
                        set.Begin(RotationCause.Period, due);
                    CompleteAll(set);
                    break;
                case 6:
                    set.Rotate(RotationCause.Emergency);
                    break;
                case 7:
                    if (set.Set.Keys[minutes % set.Set.Keys.Length] is { Dates.Compromised: null } key)
                        set.Revoke(key);
                    var bare = set.Set.Signers.Where(signer => RotationPlan.NeedsKey(set.Set, signer, set.Now)).ToArray();
                    if (bare.Length > 0)
                        set.Begin(RotationCause.Emergency, bare);
                    CompleteAll(set);
                    break;
            }

            set.Advance(TimeSpan.FromMinutes(minutes));
        }

        return set;
    }

    private static void CompleteAll(PlannedKeySet set)
    {
        while (!set.Set.Intents.IsEmpty)
            set.Complete(set.Set.Intents[0]);
    }

    /// <summary>A token that was signed to the last instant before the loss verifies as long as it lives.</summary>
    private static void CheckTokens(PlannedKeySet lost, KeySet recovered, DateTimeOffset now)
    {
        var policy = lost.Set.Policy;
        foreach (var key in lost.Set.Keys.Where(key => key.Dates.Compromised is null && key.Dates.Activates <= lost.Now))
        {
            var signedLast = key.Dates.Deactivates < lost.Now ? key.Dates.Deactivates.Value : lost.Now;
            var alive = signedLast + policy.MaxTokenLifetime + policy.ClockSkew;
            if (alive < now || key.Dates.Unpublishes <= lost.Now)
                continue;
            var again = recovered.Keys.SingleOrDefault(other => other.Label == key.Label);
            Require(again is not null && KeyTimeline.IsPublishedAt(again.Dates, now) && !(again.Dates.Unpublishes < alive), $"{key.Label} signed a token that lives until {alive:O} and does not verify at {now:O}");
        }
    }

    private static void CheckLines(KeySet recovered, RecoveryEvidence evidence)
    {
        var instants = recovered.Keys
            .SelectMany(key => new[] { key.Dates.Activates, key.Dates.Deactivates, key.Dates.Unpublishes })
            .OfType<DateTimeOffset>()
            .SelectMany(instant => new[] { instant.AddTicks(-1), instant })
            .Where(instant => instant > evidence.Now)
            .Append(evidence.Now);
        foreach (var instant in instants)
        {
            foreach (var signer in recovered.Signers)
            {
                var active = recovered.Keys.Count(key => signer.Owns(key) && KeyTimeline.StateAt(key.Dates, instant) == KeyState.Active);
                Require(active == 1, $"{signer} has {active} active keys at {instant:O}");
            }

            Require(!KeyTimeline.PublishedAt(recovered, instant).Any(key => evidence.Revoked.Contains(key.Kid)), "a revoked key is published");
        }
    }

    /// <summary>A key that verifiers may not know does not sign, unless nothing else can.</summary>
    private static void CheckKnown(KeySet lost, KeySet recovered, DateTimeOffset now)
    {
        foreach (var signer in recovered.Signers)
        {
            var active = KeyTimeline.ActiveAt(recovered, signer, now)!; // CheckLines has seen it
            var before = lost.Keys.Single(key => key.Label == active.Label);
            var others = recovered.Keys.Where(key => signer.Owns(key) && key.Dates.Compromised is null).ToArray();
            Require(
                now >= before.Dates.Published + lost.Policy.Propagation || active == others[0],
                $"{active.Label} signs before it was published for the propagation");
            Require(
                recovered.Keys.Where(key => signer.Owns(key) && key.Dates.Activates > now).All(key => key.Dates.Activates >= lost.Keys.Single(old => old.Label == key.Label).Dates.Published + lost.Policy.Propagation),
                "a key is to sign before it has been published for the propagation");
        }
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
            throw new InvalidOperationException(otherwise);
    }
}
