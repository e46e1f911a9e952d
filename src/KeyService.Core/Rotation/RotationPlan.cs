using System.Collections.Immutable;
using KeyService.Core.Keys;

namespace KeyService.Core.Rotation;

/// <summary>
/// Decides what becomes of a key set: pure functions from one version of it to the next. They read no clock, store or
/// provider, and they do not raise the revision: whoever saves the result does. Where a plan takes effect at once, they
/// reckon with replicas that do not know of it yet: for as long as <c>lag</c> says, which is
/// <see cref="KeyTimeline.LongestStaleness"/> for the policy before the change.
/// </summary>
public static class RotationPlan
{
    /// <summary>The most keys that a set may hold, destroyed ones not counted.</summary>
    public const int MaxKeys = 2000;

    /// <summary>How many requests with an id a set remembers.</summary>
    public const int MaxRequests = 256;

    /// <summary>
    /// How long an intent that was given up is remembered. A provider may carry out a call long after its caller died or stopped
    /// waiting: what it makes so late is found by the intent's label, and destroyed.
    /// </summary>
    public static readonly TimeSpan GivenUpFor = TimeSpan.FromMinutes(10);

    /// <summary>Plans one new key for each of <paramref name="signers"/>.</summary>
    /// <param name="newId">Gives a new id; see <see cref="KeyIntent.Id"/>.</param>
    public static KeySet Begin(
        KeySet keySet, IEnumerable<Signer> signers, RotationCause cause, string? reason, DateTimeOffset now, Func<string> newId)
    {
        Signer[] asked = [.. signers];
        var ids = asked.Select(_ => newId()).Order(StringComparer.Ordinal); // ids of one instant tell the order of the signers, too
        var intents = asked
            .Zip(ids, (signer, id) => new KeyIntent
            {
                Id = id,
                Algorithm = signer.Algorithm,
                Provider = signer.Provider,
                Created = now,
                Emergency = cause == RotationCause.Emergency,
                Scheduled = cause == RotationCause.Period,
                Reason = reason,
            })
            .ToImmutableArray();
        return keySet with { Intents = keySet.Intents.AddRange(intents) };
    }

    /// <summary>
    /// Turns an intent into its key, which is published from <paramref name="now"/> on. It activates after the propagation;
    /// at once where it is the first of its signer, where nothing else can sign, or in an emergency.
    /// </summary>
    public static KeySet Complete(KeySet keySet, KeyIntent intent, Key made, DateTimeOffset now, TimeSpan lag)
    {
        var signer = (keySet.Intents.Contains(intent) ? SignerOf(keySet, intent) : null) ?? throw new ArgumentException("The intent was given up.", nameof(intent));
        var last = LastOf(keySet, signer, now);
        var immediate = intent.Emergency || last is null;
        var activates = immediate ? now : Later(now + keySet.Policy.Propagation, keySet.CachesUntil);
        if (!immediate && keySet.Policy.RotationPeriod is { } period && intent.Scheduled && last!.Dates.Activates + period > activates)
            activates = last.Dates.Activates + period; // made early on purpose: the present key serves its whole period

        var key = made with
        {
            Dates = new KeyDates { Created = now, Published = now, Activates = activates },
            Emergency = intent.Emergency || (last is null && keySet.Keys.Any(signer.Owns)),
            Reason = intent.Reason,
        };
        return keySet with
        {
            Keys = KeyLine.Insert(keySet.Keys, signer, key, keySet.Policy, KnownFrom(keySet, now, lag)),
            Intents = keySet.Intents.Remove(intent),
        };
    }

    /// <summary>Revokes a key. The caller adds a new one where <see cref="NeedsKey"/> says so.</summary>
    public static KeySet Revoke(KeySet keySet, Key key, string? reason, DateTimeOffset now) => keySet with
    {
        Keys = KeyLine.Revoke(keySet.Keys, keySet.Signers.FirstOrDefault(signer => signer.Owns(key)), key, reason, keySet.Policy, now),
    };

    /// <summary>Ends a key set: nothing signs from <paramref name="now"/> on, what signed stays published as long as its tokens live.</summary>
    public static KeySet Delete(KeySet keySet, DateTimeOffset now, TimeSpan lag) => keySet with
    {
        Deleted = now,
        Keys = KeyLine.Close(keySet.Keys, _ => true, keySet.Policy, now, KnownFrom(keySet, now, lag)),
        Intents = GiveUp(keySet.Intents, _ => true, now),
    };

    /// <summary>Takes back the making of a key set: whatever it holds is to be destroyed now.</summary>
    public static KeySet Undo(KeySet keySet, DateTimeOffset now) => keySet with
    {
        Deleted = now,
        Keys = [.. keySet.Keys.Select(key => key with { Dates = key.Dates with { Deactivates = now, Unpublishes = now, Destroys = now } })],
        Intents = GiveUp(keySet.Intents, _ => true, now),
    };

    /// <summary>Gives a key set other signers: those that are gone end now, those that are new get their first key.</summary>
    public static KeySet ChangeSigners(KeySet keySet, ImmutableArray<Signer> signers, DateTimeOffset now, TimeSpan lag) => keySet with
    {
        Signers = signers,
        Keys = KeyLine.Close(keySet.Keys, key => !signers.Any(signer => signer.Owns(key)), keySet.Policy, now, KnownFrom(keySet, now, lag)),
        Intents = GiveUp(keySet.Intents, intent => !signers.Any(signer => signer.Owns(intent)), now),
    };

    /// <summary>
    /// Remembers what <paramref name="former"/> promised where the policy of <paramref name="keySet"/> promises less: how long the
    /// tokens live that the active keys signed under it, lest their key leaves the JWKS sooner, and how long caches may be without a
    /// new key. It rewrites no planned date. A key that activates within the clock skew, or before every replica knows of the
    /// change, counts as active: somewhere it is.
    /// </summary>
    public static KeySet KeepPromises(KeySet keySet, KeySetPolicy former, DateTimeOffset now, TimeSpan lag)
    {
        var known = KnownFrom(keySet, now, lag);
        if (Tail(keySet.Policy) < Tail(former))
            keySet = keySet with { Keys = [.. keySet.Keys.Select(Keep)] };
        if (keySet.Policy.Propagation < former.Propagation)
            keySet = keySet with { CachesUntil = Later(now + former.Propagation, keySet.CachesUntil) };
        return keySet;

        Key Keep(Key key)
        {
            var state = KeyTimeline.StateAt(key.Dates, now);
            if (state != KeyState.Active && (state != KeyState.PreActive || key.Dates.Activates > known + former.ClockSkew))
                return key;
            var alive = KeyTimeline.LatestExpiry(key.Dates, former, known) + (2 * former.ClockSkew);
            return key.Dates.TokensUntil >= alive ? key : key with { Dates = key.Dates with { TokensUntil = alive } };
        }

        static TimeSpan Tail(KeySetPolicy policy) => policy.MaxTokenLifetime + (3 * policy.ClockSkew);
    }

    /// <summary>
    /// Records the largest <c>exp</c> that was signed with each key, by kid. One that lies beyond the planned end of publication (a clock was
    /// further ahead than the policy allows for, a plan was lost with a store) moves that end; nothing ever moves it to an earlier
    /// date, since a replica may have died with what it had not recorded. Rounded up, so that it is not saved anew with every token.
    /// </summary>
    /// <returns>Null where nothing is new.</returns>
    public static KeySet? RecordExpiries(KeySet keySet, IReadOnlyDictionary<string, DateTimeOffset> largest)
    {
        var policy = keySet.Policy;
        var step = Math.Max(TimeSpan.TicksPerMinute, policy.MaxTokenLifetime.Ticks / 8);
        var keys = keySet.Keys;
        foreach (var key in keySet.Keys)
        {
            if (largest.TryGetValue(key.Kid, out var expiry) && IsUnrecorded(key.Dates, expiry))
                keys = keys.Replace(key, key with { Dates = Record(key.Dates, expiry) });
        }

        return keys == keySet.Keys ? null : keySet with { Keys = keys };

        KeyDates Record(KeyDates dates, DateTimeOffset expiry)
        {
            var margin = 2 * policy.ClockSkew;
            if (expiry + margin > dates.Unpublishes)
                return dates with { SignedUntil = expiry, Unpublishes = expiry + margin, Destroys = expiry + margin + policy.Retention };
            var rounded = new DateTimeOffset((expiry.UtcTicks + step - 1) / step * step, TimeSpan.Zero);
            return dates with { SignedUntil = rounded + margin > dates.Unpublishes ? dates.Unpublishes - margin : rounded };
        }
    }

    /// <summary>True where <see cref="RecordExpiries"/> has something to record: of a key that is revoked or gone, nothing matters any more.</summary>
    public static bool IsUnrecorded(KeyDates dates, DateTimeOffset expiry) =>
        !(dates.SignedUntil >= expiry) && dates is { Compromised: null, Erased: null };

    /// <summary>Remembers a request, and forgets the oldest beyond <see cref="MaxRequests"/>.</summary>
    public static KeySet Remember(KeySet keySet, HandledRequest request)
    {
        var requests = keySet.Requests.Add(request);
        return keySet with { Requests = requests.Length > MaxRequests ? requests.RemoveAt(0) : requests };
    }

    /// <summary>
    /// Forgets an intent that became no key, and requests that led to nothing else: repeated, they are to be tried again and
    /// not to be answered as done. Null where the intent is gone already.
    /// </summary>
    public static KeySet? Drop(KeySet keySet, string intentId)
    {
        var intents = keySet.Intents.RemoveAll(intent => intent.Id == intentId);
        if (intents.Length == keySet.Intents.Length)
            return null;
        var requests = keySet.Requests
            .Select(request => request.IntentIds.Contains(intentId) ? request with { IntentIds = [.. request.IntentIds.Where(id => id != intentId)] } : request)
            .Where(request => request.IntentIds.Count > 0);
        return keySet with { Intents = intents, Requests = [.. requests] };
    }

    /// <summary>True where nothing signs for <paramref name="signer"/> and nothing is on its way.</summary>
    public static bool NeedsKey(KeySet keySet, Signer signer, DateTimeOffset now) =>
        keySet.Deleted is null && LastOf(keySet, signer, now) is null && !keySet.Intents.Any(intent => SignerOf(keySet, intent) == signer);

    /// <summary>True where what an intent has led to is to be destroyed, and the intent forgotten: no call for it can be on its way any more.</summary>
    public static bool IsForgotten(KeyIntent intent, DateTimeOffset now) => now >= intent.GivenUp + GivenUpFor;

    /// <summary>
    /// When the successor of a signer's last key is due to be made, so that it has been published long enough once the last
    /// key has served its period; null where the set is rotated by hand or a successor is on its way.
    /// </summary>
    public static DateTimeOffset? RotationDue(KeySet keySet, Signer signer)
    {
        if (keySet.Deleted is not null || keySet.Policy.RotationPeriod is not { } period)
            return null;
        if (keySet.Intents.Any(intent => SignerOf(keySet, intent) == signer))
            return null;
        var last = keySet.Keys
            .Where(key => signer.Owns(key) && key.Dates is { Compromised: null, Erased: null, Deactivates: null })
            .MaxBy(key => key.Dates.Activates);
        return last?.Dates.Activates + period - keySet.Policy.Propagation;
    }

    /// <summary>Keys whose private half is to be destroyed now, revoked ones after the retention too.</summary>
    public static IEnumerable<Key> DueForDestruction(KeySet keySet, DateTimeOffset now) =>
        keySet.Keys.Where(key => key.Dates.Erased is null && now >= DestructionOf(keySet, key));

    /// <summary>Forgets keys whose private half has been gone for as long as it was kept before.</summary>
    public static KeySet Forget(KeySet keySet, DateTimeOffset now) => keySet with
    {
        Keys = keySet.Keys.RemoveAll(key => now >= key.Dates.Erased + keySet.Policy.Retention),
    };

    /// <summary>When the private half of a key is due to be destroyed; null while that is not planned.</summary>
    public static DateTimeOffset? DestructionOf(KeySet keySet, Key key)
    {
        var revoked = key.Dates.Compromised + keySet.Policy.Retention;
        return revoked < key.Dates.Destroys || key.Dates.Destroys is null ? revoked : key.Dates.Destroys;
    }

    /// <summary>
    /// The earliest instant at which something is to be done: an intent, a rotation, a destruction, a signer that was left with
    /// nothing to sign with. Null: nothing in sight.
    /// </summary>
    public static DateTimeOffset? NextWork(KeySet keySet)
    {
        var instants = keySet.Keys
            .Select(key => key.Dates.Erased is { } erased ? erased + keySet.Policy.Retention : DestructionOf(keySet, key))
            .Concat(keySet.Signers.Select(signer => RotationDue(keySet, signer)))
            .Concat(keySet.Intents.Select(intent => (DateTimeOffset?)(intent.GivenUp is { } givenUp ? givenUp + GivenUpFor : intent.Created)))
            .Concat(keySet.Signers.Where(signer => IsBare(keySet, signer)).Select(_ => (DateTimeOffset?)keySet.Created));
        if (keySet.Deleted is not null && keySet.Intents.IsEmpty && keySet.Keys.All(key => key.Dates.Erased is not null))
            instants = instants.Append(keySet.Deleted);
        return instants.Min();
    }

    /// <summary>True at every instant at which <see cref="NeedsKey"/> is: the last key of a line is the one without end.</summary>
    private static bool IsBare(KeySet keySet, Signer signer) =>
        keySet.Deleted is null
        && !keySet.Intents.Any(intent => SignerOf(keySet, intent) == signer)
        && !keySet.Keys.Any(key => signer.Owns(key) && key.Dates is { Compromised: null, Erased: null, Deactivates: null });

    /// <summary>Null where the intent was given up.</summary>
    private static Signer? SignerOf(KeySet keySet, KeyIntent intent) => keySet.Signers.FirstOrDefault(signer => signer.Awaits(intent));

    private static ImmutableArray<KeyIntent> GiveUp(ImmutableArray<KeyIntent> intents, Func<KeyIntent, bool> ends, DateTimeOffset now) =>
        [.. intents.Select(intent => intent.GivenUp is null && ends(intent) ? intent with { GivenUp = now } : intent)];

    /// <summary>From when on every replica knows what is planned now, or has ended to sign.</summary>
    private static DateTimeOffset KnownFrom(KeySet keySet, DateTimeOffset now, TimeSpan lag) => Later(now + lag, keySet.CachesUntil);

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset? other) => other > one ? other.Value : one;

    /// <summary>The last key of the line, which has no end yet and is signing or will.</summary>
    private static Key? LastOf(KeySet keySet, Signer signer, DateTimeOffset now) => keySet.Keys
        .Where(key => signer.Owns(key) && KeyTimeline.StateAt(key.Dates, now) is KeyState.PreActive or KeyState.Active)
        .MaxBy(key => key.Dates.Activates);
}
