using System.Globalization;
using KeyService.Core.Keys;

namespace KeyService.Core.Rotation;

/// <summary>Tells an operator in words and dates what comes next in a key set, and why not sooner. Pure.</summary>
public static class PlanExplanation
{
    /// <summary>The steps to come in order of time, the ones that wait for nothing but their provider first.</summary>
    public static IReadOnlyList<PlanStep> Explain(KeySet keySet, DateTimeOffset now)
    {
        var steps = new List<PlanStep>();
        steps.AddRange(keySet.Intents.Select(intent => Making(keySet, intent)));
        foreach (var key in keySet.Keys)
            steps.AddRange(StepsOf(keySet, key, now));
        foreach (var signer in keySet.Signers)
        {
            if (RotationPlan.RotationDue(keySet, signer) is { } due)
                steps.Add(Rotation(keySet, signer, due));
        }

        return [.. steps.OrderBy(step => step.At ?? DateTimeOffset.MinValue).ThenBy(step => step.Kid, StringComparer.Ordinal)];
    }

    private static PlanStep Making(KeySet keySet, KeyIntent intent) => intent.GivenUp is { } givenUp
        ? new(givenUp + RotationPlan.GivenUpFor, Kid: null, $"What provider {intent.Provider} may hold of a key that was given up is destroyed.", $"Its signer or the key set ended at {Text(givenUp)}; until then the provider may still carry out a call that was on its way.")
        : new(At: null, Kid: null, $"A key for {intent.Algorithm} is made in provider {intent.Provider}.", $"It was asked for at {Text(intent.Created)}; the provider has not made it yet.");

    private static IEnumerable<PlanStep> StepsOf(KeySet keySet, Key key, DateTimeOffset now)
    {
        var (dates, policy) = (key.Dates, keySet.Policy);
        if (dates.Erased is { } erased)
        {
            yield return new(erased + policy.Retention, key.Kid, "The record of the key is removed.", $"Its private key is gone since {Text(erased)}; the record is kept for the retention, {Text(policy.Retention)}.");
            yield break;
        }

        if (dates.Compromised is null)
        {
            if (now < dates.Activates)
                yield return new(dates.Activates, key.Kid, $"The key signs {key.Algorithm}.", WhyNotSooner(keySet, key));
            if (dates.Deactivates is { } deactivates && now < deactivates)
                yield return new(deactivates, key.Kid, "The key signs no more.", SuccessorOf(keySet, key) is { } next ? $"Its successor {next.Kid} signs from then on." : "Nothing follows it.");
            if (dates.Unpublishes is { } unpublishes && now < unpublishes)
                yield return new(unpublishes, key.Kid, "The key leaves the JWKS.", WhyPublishedSoLong(policy, dates, unpublishes));
        }

        if (RotationPlan.DestructionOf(keySet, key) is { } destroys)
        {
            var since = dates.Compromised is { } compromised ? $"It was revoked at {Text(compromised)}" : "It is unpublished before";
            var late = now >= destroys ? " That is due; the provider has not confirmed it yet." : "";
            yield return new(destroys, key.Kid, $"The private key is destroyed in provider {key.Provider}.", $"{since}, and kept for the retention, {Text(policy.Retention)}.{late}");
        }
    }

    private static string WhyNotSooner(KeySet keySet, Key key)
    {
        var dates = key.Dates;
        var learnt = dates.Published + keySet.Policy.Propagation;
        if (dates.Activates == keySet.CachesUntil)
            return "Caches of the JWKS may be without it until then: they were told to keep it under an earlier policy with a longer propagation.";
        return dates.Activates > learnt
            ? $"Verifiers know it from {Text(learnt)} on, and its predecessor serves its period until then."
            : $"It is published since {Text(dates.Published)}; caches of the JWKS may be without it for the propagation, {Text(dates.Activates - dates.Published)}.";
    }

    private static string WhyPublishedSoLong(KeySetPolicy policy, KeyDates dates, DateTimeOffset unpublishes)
    {
        if (dates.TokensUntil >= unpublishes)
            return $"Tokens of the longer life that the policy allowed before are valid until {Text(unpublishes)}.";
        var longest = policy.MaxTokenLifetime + (3 * policy.ClockSkew);
        var longer = unpublishes - (dates.Deactivates ?? unpublishes) - longest;
        if (longer > TimeSpan.Zero && dates.SignedUntil is { } signed && signed + (2 * policy.ClockSkew) >= unpublishes)
            return $"It signed tokens that live until {Text(signed)}; twice {Text(policy.ClockSkew)} are for clocks that differ.";
        var late = longer > TimeSpan.Zero ? $" Its end took effect at once, so a replica that had lost the store may have signed with it for {Text(longer)} more." : "";
        return $"The last tokens that it signs live {Text(policy.MaxTokenLifetime)}; three times {Text(policy.ClockSkew)} are for clocks that differ.{late}";
    }

    private static PlanStep Rotation(KeySet keySet, Signer signer, DateTimeOffset due) => new(
        due, Kid: null, $"The next key for {signer.Algorithm} is made in provider {signer.Provider}.",
        $"The present one serves {Text(keySet.Policy.RotationPeriod ?? TimeSpan.Zero)}; its successor is published {Text(keySet.Policy.Propagation)} before it signs.");

    private static Key? SuccessorOf(KeySet keySet, Key key) => keySet.Keys.FirstOrDefault(next =>
        next.Dates.Activates == key.Dates.Deactivates && next.Dates.Compromised is null && keySet.Signers.Any(signer => signer.Owns(key) && signer.Owns(next)));

    private static string Text(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Text(TimeSpan duration) => duration switch
    {
        { Ticks: 0 } => "0 s",
        _ when duration.Ticks % TimeSpan.TicksPerDay == 0 => Count(duration.TotalDays, "day"),
        _ when duration.Ticks % TimeSpan.TicksPerHour == 0 => Count(duration.TotalHours, "hour"),
        _ when duration.Ticks % TimeSpan.TicksPerMinute == 0 => Count(duration.TotalMinutes, "minute"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.###} s"),
    };

    private static string Count(double count, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:0} {unit}{(count == 1 ? "" : "s")}");
}
