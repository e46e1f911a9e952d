using System.Collections.Immutable;
using KeyService.Core.Keys;

namespace KeyService.Core.Rotation;

/// <summary>
/// Puts keys into the line of a signer and takes them out. The usable keys of a line follow each other without gap: each
/// deactivates at the instant at which the next one activates, and the last has no end.
/// </summary>
internal static class KeyLine
{
    /// <summary>Adds <paramref name="newcomer"/> where its activation puts it, and plans the ends of its neighbours.</summary>
    /// <param name="known">From when on every replica knows of it.</param>
    public static ImmutableArray<Key> Insert(ImmutableArray<Key> keys, Signer signer, Key newcomer, KeySetPolicy policy, DateTimeOffset known)
    {
        var activates = newcomer.Dates.Activates;
        var line = Usable(keys, signer);
        var successor = line.FirstOrDefault(key => key.Dates.Activates > activates);
        if (successor is not null)
            newcomer = newcomer with { Dates = End(newcomer.Dates, successor.Dates.Activates, policy, known) };

        var predecessor = line.LastOrDefault(key => key.Dates.Activates <= activates && !(key.Dates.Deactivates <= activates));
        if (predecessor is not null)
            keys = keys.Replace(predecessor, predecessor with { Dates = End(predecessor.Dates, activates, policy, known) });
        return keys.Add(newcomer);
    }

    /// <summary>
    /// Revokes <paramref name="revoked"/> and closes the gap: a key that was to be succeeded by it goes on to the next one; a
    /// published successor of the active key takes over at once.
    /// </summary>
    public static ImmutableArray<Key> Revoke(
        ImmutableArray<Key> keys, Signer? signer, Key revoked, string? reason, KeySetPolicy policy, DateTimeOffset now)
    {
        var state = KeyTimeline.StateAt(revoked.Dates, now);
        keys = keys.Replace(revoked, revoked with { Dates = revoked.Dates with { Compromised = now }, Reason = reason ?? revoked.Reason });
        if (signer is null)
            return keys; // its signer was removed: nothing follows it

        var next = Usable(keys, signer).FirstOrDefault(key => key.Dates.Activates > now);
        if (state == KeyState.PreActive)
        {
            var before = Usable(keys, signer).LastOrDefault(key => key.Dates.Deactivates == revoked.Dates.Activates);
            if (before is not null) // it takes over the end: the next key may activate at the very instant of the revoked one
                keys = keys.Replace(before, before with { Dates = End(before.Dates, revoked.Dates.Deactivates, policy, now) });
        }
        else if (state == KeyState.Active && next is not null)
        {
            var early = now < next.Dates.Published + policy.Propagation;
            keys = keys.Replace(next, next with { Dates = next.Dates with { Activates = now }, Emergency = next.Emergency || early });
        }

        return keys;
    }

    /// <summary>
    /// Ends every usable key of a signer now: it was removed, or its set deleted. Those that never signed go at once; one that
    /// activates within the clock skew has perhaps signed already, on a replica whose clock is ahead, and one that activates before
    /// every replica knows of its end perhaps will.
    /// </summary>
    /// <param name="known">From when on every replica knows of it.</param>
    public static ImmutableArray<Key> Close(ImmutableArray<Key> keys, Func<Key, bool> ends, KeySetPolicy policy, DateTimeOffset now, DateTimeOffset known)
    {
        foreach (var key in keys)
        {
            if (!ends(key))
                continue;
            var dates = KeyTimeline.StateAt(key.Dates, now) switch
            {
                KeyState.Active => End(key.Dates, now, policy, known),
                KeyState.PreActive when key.Dates.Activates <= known + policy.ClockSkew => End(key.Dates with { Activates = now }, now, policy, known),
                KeyState.PreActive => key.Dates with { Activates = now, Deactivates = now, Unpublishes = now, Destroys = now + policy.Retention },
                _ => key.Dates,
            };
            keys = keys.Replace(key, key with { Dates = dates });
        }

        return keys;
    }

    /// <summary>
    /// Plans the ends of a key whose successor activates at <paramref name="deactivates"/>, or takes them back where none does.
    /// Its last signature comes then, or with the last replica that learns of it. Three skews lie between that and the end of
    /// publication: the slowest replica signs one too long, a token may live one longer than the policy (the caller's clock),
    /// and the fastest replica unpublishes one too early.
    /// </summary>
    private static KeyDates End(KeyDates dates, DateTimeOffset? deactivates, KeySetPolicy policy, DateTimeOffset known)
    {
        if (dates.Deactivates == deactivates)
            return dates; // planned already, perhaps under another policy: that plan stands
        if (deactivates is not { } end)
            return dates with { Deactivates = null, Unpublishes = null, Destroys = null };
        var unpublishes = (end > known ? end : known) + policy.MaxTokenLifetime + (3 * policy.ClockSkew);
        if (dates.TokensUntil > unpublishes)
            unpublishes = dates.TokensUntil.Value;
        if (dates.SignedUntil + (2 * policy.ClockSkew) is { } recorded && recorded > unpublishes)
            unpublishes = recorded;
        return dates with { Deactivates = end, Unpublishes = unpublishes, Destroys = unpublishes + policy.Retention };
    }

    private static Key[] Usable(ImmutableArray<Key> keys, Signer signer) =>
        [.. keys.Where(key => signer.Owns(key) && key.Dates is { Compromised: null, Erased: null }).OrderBy(key => key.Dates.Activates)];
}
