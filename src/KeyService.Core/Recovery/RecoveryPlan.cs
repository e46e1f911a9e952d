using System.Globalization;
using KeyService.Core.Keys;
using KeyService.Core.Rotation;

namespace KeyService.Core.Recovery;

/// <summary>
/// Plans how a key set comes back from the keys that its providers hold, after its record was lost. Pure. The dates are lost, so they are set
/// such that the rules of rotation hold from now on: whatever may have signed is published for as long as a token that was signed
/// just now would live; the key signs that signed by plan, since the labels tell when each was asked for; what verifiers may not
/// know yet signs only after the propagation.
/// </summary>
public static class RecoveryPlan
{
    /// <summary>What is planned for a key whose record is lost.</summary>
    private const string Reason = "recovered from its provider";

    public static KeySetRecovery Recover(RecoveryEvidence evidence)
    {
        var sieve = new KeySieve(evidence);
        var problems = sieve.Problems;
        var (set, now) = (evidence.Record, evidence.Now);
        if (set.Deleted is not null)
            problems.Add("The key set was deleted.");

        var published = Published(sieve.Candidates, now);
        foreach (var signer in set.Signers)
        {
            var line = sieve.Candidates.Where(key => key.BelongsTo(signer)).OrderBy(key => published[key.Kid]).ToArray();
            set = IsServed(set, signer, now) ? Join(set, signer, line, published, evidence) : Restore(set, signer, line, published, evidence, problems);
        }

        foreach (var key in sieve.Candidates.Where(key => !set.Signers.Any(key.BelongsTo)))
            set = Close(set, key, published[key.Kid], evidence);
        foreach (var key in sieve.Revoked)
            set = set with { Keys = set.Keys.Add(key.With(Dates(key.AskedFor ?? now, now) with { Compromised = now }, Reason)) };

        var changed = set.Keys.Length > evidence.Record.Keys.Length;
        if (changed && evidence.Record.Revision == 0)
            set = set with { Created = set.Keys.Min(key => key.Dates.Created) };
        return new KeySetRecovery(
            set.Name,
            changed && problems.Count == 0 ? set with { Revision = set.Revision + 1, Keys = [.. set.Keys.OrderBy(key => key.Dates.Created)] } : null,
            [.. sieve.Others.Concat(sieve.Candidates.Concat(sieve.Revoked).Select(key => Describe(set, key, evidence))).OrderBy(key => key.Found.Label, StringComparer.Ordinal)],
            [.. problems]);
    }

    /// <summary>
    /// When each key was published, as far as that decides the order of the JWKS: its place there, else the order in which the keys were
    /// asked for. Each instant is earlier than the one after it, and none is to come.
    /// </summary>
    private static Dictionary<string, DateTimeOffset> Published(List<Candidate> candidates, DateTimeOffset now)
    {
        var latestFirst = candidates
            .OrderByDescending(key => key.Place ?? int.MaxValue)
            .ThenByDescending(key => key.AskedFor ?? DateTimeOffset.MinValue)
            .ThenByDescending(key => KeyIntent.IdOf(key.Found.Label), StringComparer.Ordinal);
        var next = now.AddTicks(1);
        var published = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        foreach (var key in latestFirst)
            published[key.Kid] = next = key.AskedFor < next ? key.AskedFor.Value : next.AddTicks(-1);
        return published;
    }

    /// <summary>The line of a signer of which nothing is recorded: the keys succeed each other as they did before.</summary>
    private static KeySet Restore(
        KeySet set, Signer signer, Candidate[] line, Dictionary<string, DateTimeOffset> published, RecoveryEvidence evidence, List<string> problems)
    {
        var (now, policy) = (evidence.Now, set.Policy);
        var kept = line.Any(key => key.Place is not null);
        if (!kept && line.Count(key => key.AskedFor is null) > 1 && !line.Any(key => key.AskedFor + policy.Propagation <= now))
        {
            problems.Add($"Several keys of {signer.Algorithm} in {signer.Provider} have labels that do not tell when they were asked for: which one signs, only the JWKS tells. Give it with --jwks.");
            return set;
        }

        var before = DateTimeOffset.MinValue;
        foreach (var key in line)
        {
            var isLate = kept && key.Place is null; // asked for after that JWKS: perhaps nobody has seen it yet
            var from = isLate ? now : published[key.Kid];
            var activates = set.Keys.Any(other => signer.Owns(other)) ? SignsFrom(key, from, isLate) : from;
            before = activates > before ? activates : before;
            set = Insert(set, signer, key.With(Dates(from, before), Reason), evidence);
        }

        return set;

        DateTimeOffset SignsFrom(Candidate key, DateTimeOffset from, bool isLate)
        {
            if (isLate || (key.AskedFor is null && key == line[^1]))
                return now + policy.Propagation;
            return key.AskedFor is { } askedFor ? askedFor + policy.Propagation : from;
        }
    }

    /// <summary>
    /// The line of a signer that signs already, with a key of the record: that one goes on, since it is what is published now. A
    /// key that was asked for later follows it, after the propagation; the others verify what they signed.
    /// </summary>
    private static KeySet Join(KeySet set, Signer signer, Candidate[] line, Dictionary<string, DateTimeOffset> published, RecoveryEvidence evidence)
    {
        var now = evidence.Now;
        var newest = set.Keys.Where(signer.Owns).Max(key => KeyIntent.AskedFor(key.Label) ?? key.Dates.Created);
        foreach (var key in line)
        {
            var follows = key == line[^1] && key.AskedFor > newest;
            var learnt = now + set.Policy.Propagation;
            set = follows
                ? Insert(set, signer, key.With(Dates(now, set.CachesUntil > learnt ? set.CachesUntil.Value : learnt), Reason), evidence)
                : Close(set, key, published[key.Kid], evidence);
        }

        return set;
    }

    private static KeySet Insert(KeySet set, Signer signer, Key key, RecoveryEvidence evidence) =>
        set with { Keys = KeyLine.Insert(set.Keys, signer, key, set.Policy, known: evidence.Now + evidence.Lag) };

    /// <summary>Publishes a key that signs no more for as long as what it has signed up to now may live.</summary>
    private static KeySet Close(KeySet set, Candidate key, DateTimeOffset published, RecoveryEvidence evidence)
    {
        var (now, policy) = (evidence.Now, set.Policy);
        var unpublishes = now + evidence.Lag + policy.MaxTokenLifetime + (3 * policy.ClockSkew); // as KeyLine plans it
        var dates = Dates(published, now) with { Deactivates = now, Unpublishes = unpublishes, Destroys = unpublishes + policy.Retention };
        return set with { Keys = set.Keys.Add(key.With(dates, Reason)) };
    }

    private static KeyDates Dates(DateTimeOffset published, DateTimeOffset activates) => new() { Created = published, Published = published, Activates = activates };

    private static bool IsServed(KeySet set, Signer signer, DateTimeOffset now) =>
        set.Keys.Any(key => signer.Owns(key) && key.Dates.Deactivates is null && KeyTimeline.StateAt(key.Dates, now) is KeyState.Active or KeyState.PreActive);

    private static RecoveredKey Describe(KeySet set, Candidate key, RecoveryEvidence evidence)
    {
        var dates = set.Keys.FirstOrDefault(other => other.Kid == key.Kid)?.Dates;
        var known = (key.Place, key.AskedFor) switch
        {
            ({ } place, { } askedFor) => $"Known: number {place + 1} of the JWKS, asked for at {Text(askedFor)}.",
            ({ } place, null) => $"Known: number {place + 1} of the JWKS. Its label does not tell its age.",
            (null, { } askedFor) => $"Known: asked for at {Text(askedFor)}.",
            _ => "Nothing is known of its age.",
        };
        return dates is null ? new(key.Found, RecoveredRole.LeftAlone, known) : KeyTimeline.StateAt(dates, evidence.Now) switch
        {
            KeyState.Compromised => new(key.Found, RecoveredRole.Revoked, "Said to be revoked: not published, destroyed after the retention."),
            KeyState.Active => new(key.Found, RecoveredRole.Signs, $"{known} Assumed: it signs, since nothing that was asked for later has been published for the propagation."),
            KeyState.PreActive => new(key.Found, RecoveredRole.SignsLater, $"{known} Assumed: it does not sign before {Text(dates.Activates)}."),
            _ => new(key.Found, RecoveredRole.Verifies, $"{known} Assumed: it signed until now, so it is published until {Text(dates.Unpublishes ?? evidence.Now)}."),
        };
    }

    private static string Text(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
