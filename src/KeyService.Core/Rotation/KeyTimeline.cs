using System.Collections.Immutable;
using KeyService.Core.Keys;

namespace KeyService.Core.Rotation;

/// <summary>
/// What keys do at an instant: pure functions of their dates, so that every replica gives the same answer with no
/// coordination. An instant belongs to the state that begins with it.
/// </summary>
public static class KeyTimeline
{
    /// <summary>What a key may do at <paramref name="now"/>.</summary>
    public static KeyState StateAt(KeyDates dates, DateTimeOffset now) => dates switch
    {
        { Compromised: not null } => KeyState.Compromised, // at once and in every state, whatever was planned
        { Erased: not null } => KeyState.Destroyed,
        _ when now >= dates.Destroys => KeyState.Destroyed,
        _ when now >= dates.Unpublishes => KeyState.Retired,
        _ when now >= dates.Deactivates => KeyState.Deactivated, // tokens it signed are still alive
        _ when now >= dates.Activates => KeyState.Active,
        _ => KeyState.PreActive, // published ahead: verifiers cache the JWKS
    };

    /// <summary>True while the key stands in the JWKS.</summary>
    public static bool IsPublishedAt(KeyDates dates, DateTimeOffset now) =>
        StateAt(dates, now) is KeyState.PreActive or KeyState.Active or KeyState.Deactivated;

    /// <summary>The one key of a signer that signs at <paramref name="now"/>; null after a revocation without successor.</summary>
    public static Key? ActiveAt(KeySet keySet, Signer signer, DateTimeOffset now) =>
        keySet.Keys.SingleOrDefault(key => signer.Owns(key) && StateAt(key.Dates, now) == KeyState.Active);

    /// <summary>
    /// The published keys, oldest publication first and then by kid: an order that moves no key while others come and go, so
    /// that replicas agree on the bytes and the entity tag.
    /// </summary>
    public static ImmutableArray<Key> PublishedAt(KeySet keySet, DateTimeOffset now) =>
        [.. keySet.Keys
            .Where(key => IsPublishedAt(key.Dates, now))
            .OrderBy(key => key.Dates.Published)
            .ThenBy(key => key.Kid, StringComparer.Ordinal)];

    /// <summary>
    /// The latest <c>exp</c> that a key may sign at <paramref name="now"/>: a token's life plus one skew for a caller whose
    /// clock is ahead, and never so late that the key might leave the JWKS first.
    /// </summary>
    public static DateTimeOffset LatestExpiry(KeyDates dates, KeySetPolicy policy, DateTimeOffset now)
    {
        var byPolicy = now + policy.MaxTokenLifetime + policy.ClockSkew;
        return dates.Unpublishes - (2 * policy.ClockSkew) is { } byPlan && byPlan < byPolicy ? byPlan : byPolicy;
    }

    /// <summary>
    /// How old a replica's copy of a key set may be for signing and publishing. A new key is published for the propagation before it
    /// signs. The one half of that is for caches of the JWKS, the other half for replicas that have not seen the key yet: so even
    /// a cache that one of them filled is refreshed in time, and none still signs with a predecessor that is replaced.
    /// </summary>
    /// <param name="most">What the settings allow.</param>
    /// <param name="least">What a replica in good health needs between two reads: a shorter propagation is not guarded against replicas that lost the store.</param>
    public static TimeSpan LongestStaleness(KeySetPolicy policy, TimeSpan most, TimeSpan least)
    {
        if (policy.Propagation == TimeSpan.Zero)
            return most; // keys sign as soon as they are published: nothing is promised to caches either
        var half = policy.Propagation / 2;
        return half < least ? least : half < most ? half : most;
    }

    /// <summary>The next instant at which a state or the plan of the set changes by itself; null where none is in sight.</summary>
    public static DateTimeOffset? NextChange(KeySet keySet, DateTimeOffset now)
    {
        DateTimeOffset? next = null;
        foreach (var key in keySet.Keys)
        {
            if (key.Dates.Compromised is not null || key.Dates.Erased is not null)
                continue;
            Consider(key.Dates.Activates);
            Consider(key.Dates.Deactivates);
            Consider(key.Dates.Unpublishes);
            Consider(key.Dates.Destroys);
        }

        foreach (var signer in keySet.Signers)
            Consider(RotationPlan.RotationDue(keySet, signer));
        return next;

        void Consider(DateTimeOffset? instant)
        {
            if (instant > now && (next is null || instant < next))
                next = instant;
        }
    }
}
