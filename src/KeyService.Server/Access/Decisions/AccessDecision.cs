using KeyService.Core;
using KeyService.Server.Access.Policies;

namespace KeyService.Server.Access.Decisions;

/// <summary>What the policy says to a question: for the caller as little as it needs, for the operator everything.</summary>
internal sealed record AccessDecision(AccessOutcome Outcome, Caller Caller, AccessQuestion Question)
{
    private const int LongestShown = 256;

    public bool Allowed => Outcome == AccessOutcome.Allowed;

    public Principal? Principal { get; init; }

    /// <summary>By which of its matches the caller is the principal.</summary>
    public CallerMatch? Match { get; init; }

    /// <summary>The grant that decided.</summary>
    public Grant? Grant { get; init; }

    /// <summary>What is wrong with which claim.</summary>
    public ClaimFault? Fault { get; init; }

    /// <summary>What the caller is told. Alike for a key set that it may not use and for one that does not exist.</summary>
    public KeyServiceException Denial() => Outcome switch
    {
        AccessOutcome.NotAuthenticated => new(KeyServiceError.Unauthenticated, "This call needs a caller that proves who it is."),
        AccessOutcome.RawSignRefused => new(KeyServiceError.PermissionDenied, "This caller may have JWTs signed with this key set, but not bytes or digests of its own."),
        AccessOutcome.ClaimsRefused => new(KeyServiceError.ClaimsNotPermitted, $"This caller may not have such a token signed: {Fault!.Sentence}.") { Field = Fault.Field }, // there is one with this outcome
        _ => new(KeyServiceError.PermissionDenied, "This caller may not do that; whether there is such a key set is not told."),
    };

    /// <summary>Why, step by step.</summary>
    public IEnumerable<string> Explain()
    {
        if (Outcome == AccessOutcome.NotAuthenticated)
        {
            yield return "The caller is anonymous: it must show a client certificate or a bearer token, or come over the Unix socket.";
            yield break;
        }

        if (Principal is null || Match is null)
        {
            yield return $"The caller {Shown(Caller.Name)} matches no principal of the policy.";
            yield break;
        }

        yield return $"The caller {Shown(Caller.Name)} is principal '{Principal.Name}' (line {Principal.Line}), by {Match.Text}.";
        var what = Question.KeySet is null ? $"{Question.Permission} on any key set" : $"{Question.Permission} on key set '{Shown(Question.KeySet)}'";
        if (Outcome == AccessOutcome.NotGranted)
            yield return $"None of its {Principal.Grants.Count} grants gives {what}.";
        else if (Grant is not null)
            yield return $"The grant at line {Grant.Line} gives {what}.";
        if (Outcome == AccessOutcome.RawSignRefused)
            yield return "That grant is for SignJwt only: rawSign is off.";
        else if (Fault is not null)
            yield return $"The claims policy of that grant refuses: {Fault.Sentence}.";
        else if (Allowed && Grant?.Claims is not null && Question.ClaimsJson is not null)
            yield return "The claims policy of that grant allows the claims.";
    }

    /// <summary>What a caller brought, as it may stand in a log: in one line, and not without end.</summary>
    private static string Shown(string text) => string.Concat(text.Take(LongestShown).Select(c => char.IsControl(c) ? '?' : c));
}
