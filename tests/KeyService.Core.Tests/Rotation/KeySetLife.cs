using System.Collections.Immutable;
using KeyService.Core.Keys;
using KeyService.Core.Rotation;
using static KeyService.Core.Tests.Rotation.PlannedKeySet;

namespace KeyService.Core.Tests.Rotation;

/// <summary>
/// A key set that is led through a life of random steps, as the server would lead it, while it is written down what was
/// promised on the way: tokens that were signed, dates that were planned, the order of the published keys.
/// </summary>
internal sealed class KeySetLife(KeySetPolicy policy)
{
    private static readonly ImmutableArray<Signer> AllSigners = [Es256, Rs256, Es256Elsewhere];
    private readonly PlannedKeySet _set = Started(policy, Es256, Rs256);
    private readonly Dictionary<string, DateTimeOffset> _tokensAlive = [];
    private readonly Dictionary<string, TimeSpan> _propagation = [];
    private readonly Dictionary<string, TimeSpan> _tail = [];
    private readonly List<string> _order = [];
    private ImmutableArray<Key> _before = [];

    public enum Act
    {
        Rotate,
        Begin,
        Finish,
        Emergency,
        Tend,
        Revoke,
        ChangePolicy,
        ChangeSigners,
        Delete,
        Wait,
    }

    private KeySet Set
    {
        get => _set.Set;
        set => _set.Set = value;
    }

    public void Step(Act act, int argument)
    {
        _before = Set.Keys;
        Do(act, argument);
        FillGaps();
        if (act is Act.ChangePolicy)
            Require(_before.Select(Planned).SequenceEqual(Set.Keys.Select(Planned)), "a change of policy rewrote planned dates");
        WriteDown();
        Check();
    }

    private void Do(Act act, int argument)
    {
        if (Set.Deleted is not null && act is Act.Rotate or Act.Begin or Act.Emergency or Act.ChangePolicy or Act.ChangeSigners)
            return; // the server refuses these
        switch (act)
        {
            case Act.Rotate:
                _set.Rotate();
                break;
            case Act.Emergency:
                _set.Rotate(RotationCause.Emergency);
                break;
            case Act.Begin:
                _set.Begin(argument % 2 == 0 ? RotationCause.Request : RotationCause.Emergency, Pick(Set.Signers, argument / 2));
                break;
            case Act.Finish:
                FinishAll();
                break;
            case Act.Tend:
                Tend();
                break;
            case Act.Revoke when Set.Keys.Length > 0 && Pick(Set.Keys, argument) is { Dates.Compromised: null } key:
                _set.Revoke(key);
                break;
            case Act.ChangePolicy:
                Set = RotationPlan.KeepPromises(Set with { Policy = PolicyOf(argument) }, Set.Policy, _set.Now, TimeSpan.Zero);
                break;
            case Act.ChangeSigners:
                Set = RotationPlan.ChangeSigners(Set, [.. AllSigners.Where((_, i) => ((argument % 7) + 1 & (1 << i)) != 0)], _set.Now, TimeSpan.Zero);
                DropAbandoned();
                break;
            case Act.Delete when argument % 4 == 0 && Set.Deleted is null:
                Set = RotationPlan.Delete(Set, _set.Now, TimeSpan.Zero);
                DropAbandoned();
                break;
            case Act.Wait:
                Wait(argument);
                break;
        }
    }

    private void Wait(int argument) => _set.Now = (argument % 6) switch
    {
        0 => _set.Now,
        1 => _set.Now.AddTicks(1),
        2 => _set.Now.AddSeconds(argument),
        3 => _set.Now.AddMinutes(argument),
        4 => KeyTimeline.NextChange(Set, _set.Now) ?? _set.Now,
        _ => _set.Now.AddHours(argument % 40),
    };

    /// <summary>What the worker does in a round.</summary>
    private void Tend()
    {
        var due = Set.Signers.Where(signer => _set.Now >= RotationPlan.RotationDue(Set, signer)).ToArray();
        if (due.Length > 0)
            _set.Begin(RotationCause.Period, due);
        FinishAll();
        foreach (var key in RotationPlan.DueForDestruction(Set, _set.Now).ToArray())
            Set = Set with { Keys = Set.Keys.Replace(key, key with { Dates = key.Dates with { Erased = _set.Now } }) };
        Set = RotationPlan.Forget(Set, _set.Now);
    }

    private void FinishAll()
    {
        while (!Set.Intents.IsEmpty)
            _set.Complete(Set.Intents[0]);
    }

    private void FillGaps()
    {
        var bare = Set.Signers.Where(signer => RotationPlan.NeedsKey(Set, signer, _set.Now)).ToArray();
        if (bare.Length > 0)
            _set.Begin(RotationCause.Emergency, bare);
    }

    private void DropAbandoned() => Set = Set with { Intents = Set.Intents.RemoveAll(intent => intent.GivenUp is not null) };

    private void WriteDown()
    {
        foreach (var key in Set.Keys)
        {
            var old = _before.FirstOrDefault(other => other.Kid == key.Kid);
            if (old is null)
                _propagation[key.Kid] = Set.Policy.Propagation;
            else if (key.Dates.Activates < old.Dates.Activates) // brought forward when its predecessor was revoked
                _propagation[key.Kid] = Set.Policy.Propagation < _propagation[key.Kid] ? Set.Policy.Propagation : _propagation[key.Kid];
            if (key.Dates.Deactivates != old?.Dates.Deactivates)
                _tail[key.Kid] = Set.Policy.MaxTokenLifetime + (3 * Set.Policy.ClockSkew);
            if (KeyTimeline.StateAt(key.Dates, _set.Now) == KeyState.Active)
            {
                var alive = KeyTimeline.LatestExpiry(key.Dates, Set.Policy, _set.Now) + Set.Policy.ClockSkew; // a verifier's clock may be behind
                _tokensAlive[key.Kid] = _tokensAlive.TryGetValue(key.Kid, out var earlier) && earlier > alive ? earlier : alive;
            }
        }
    }

    private void Check()
    {
        foreach (var key in Set.Keys)
            CheckDates(key);
        var instants = Set.Keys
            .SelectMany(key => new[] { key.Dates.Activates, key.Dates.Deactivates, key.Dates.Unpublishes, key.Dates.Destroys })
            .OfType<DateTimeOffset>()
            .SelectMany(instant => new[] { instant.AddTicks(-1), instant })
            .Where(instant => instant > _set.Now)
            .Append(_set.Now)
            .Distinct()
            .Order();
        foreach (var instant in instants)
            CheckAt(instant);
        Require(RotationPlan.NextWork(Set) is not { } work || work >= Set.Created, "work before the set was made");
    }

    private void CheckAt(DateTimeOffset instant)
    {
        foreach (var signer in AllSigners)
        {
            var active = Set.Keys.Count(key => signer.Owns(key) && KeyTimeline.StateAt(key.Dates, instant) == KeyState.Active);
            var signs = Set.Deleted is null && Set.Signers.Contains(signer);
            var bare = Set.Keys.All(key => !signer.Owns(key) || key.Dates is not { Compromised: null, Erased: null, Deactivates: null });
            if (signs && bare) // its last key was revoked, or its first is on its way
                Require(Set.Intents.Any(intent => intent.Algorithm == signer.Algorithm && intent.Provider == signer.Provider), $"{signer} has nothing to sign with, now or soon");
            Require(active == (signs && !bare ? 1 : 0), $"{signer} has {active} active keys at {instant:O}");
        }

        var published = KeyTimeline.PublishedAt(Set, instant);
        Require(published.All(key => key.Dates.Compromised is null), "a compromised key is published");
        var known = published.Select(key => key.Kid).Where(_order.Contains).ToArray();
        Require(known.SequenceEqual(_order.Where(known.Contains)), "two published keys changed places");
        if (instant == _set.Now)
        {
            // What is new stands where the function put it, among what was there.
            foreach (var (kid, index) in published.Select((key, index) => (key.Kid, index)).Where(key => !_order.Contains(key.Kid)))
                _order.Insert(index == 0 ? 0 : _order.IndexOf(published[index - 1].Kid) + 1, kid);
        }
    }

    private void CheckDates(Key key)
    {
        var dates = key.Dates;
        var (kid, ends) = (key.Kid, new[] { dates.Deactivates, dates.Unpublishes, dates.Destroys }.Count(end => end is not null));
        Require(ends is 0 or 3, $"{kid} has {ends} ends");
        Require(dates.Created <= dates.Published && dates.Published <= dates.Activates, $"{kid} begins in disorder");
        Require(ends == 0 || (dates.Activates <= dates.Deactivates && dates.Deactivates <= dates.Unpublishes && dates.Unpublishes <= dates.Destroys), $"{kid} ends in disorder");

        var signs = dates.Deactivates is null || dates.Activates < dates.Deactivates;
        var isFirst = Set.Keys.TakeWhile(other => other.Kid != kid).All(other => other.Algorithm != key.Algorithm || other.Provider != key.Provider);
        if (signs && !key.Emergency && !isFirst && dates.Compromised is null)
            Require(dates.Activates >= dates.Published + _propagation[kid], $"{kid} signs before verifiers had time to learn of it");
        if (signs && dates.Compromised is null && _tail.TryGetValue(kid, out var tail))
            Require(dates.Unpublishes is null || dates.Unpublishes >= dates.Deactivates + tail, $"{kid} leaves before its last token");
        if (dates is { Compromised: null, Unpublishes: { } unpublishes } && _tokensAlive.TryGetValue(kid, out var alive))
            Require(unpublishes >= alive, $"{kid} leaves at {unpublishes:O}, a token of it lives until {alive:O}");
    }

    private static KeyDates Planned(Key key) => key.Dates with { TokensUntil = null };

    private KeySetPolicy PolicyOf(int argument) => Set.Policy with
    {
        Propagation = TimeSpan.FromMinutes(argument % 3 * 20),
        MaxTokenLifetime = TimeSpan.FromMinutes(1 + (argument % 120)),
        ClockSkew = TimeSpan.FromSeconds(argument % 60),
        Retention = TimeSpan.FromHours(argument % 5),
        RotationPeriod = argument % 2 == 0 ? null : TimeSpan.FromHours(1 + (argument % 9)),
    };

    private static T Pick<T>(ImmutableArray<T> from, int argument) => from[argument % from.Length];

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
            throw new InvalidOperationException(otherwise);
    }
}
