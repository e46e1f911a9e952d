using KeyService.Core;
using KeyService.Server.Access.Policies;

namespace KeyService.Server.Access.Decisions;

/// <summary>Decides by the policy. Reads no clock, file or catalog: what exists makes no difference to what is allowed.</summary>
internal static class AccessRules
{
    /// <exception cref="KeyServiceException">The claims to be signed are malformed.</exception>
    public static AccessDecision Decide(AccessPolicy policy, Caller caller, AccessQuestion question, DateTimeOffset now)
    {
        if (caller.Kind == CallerKind.Anonymous)
            return new AccessDecision(AccessOutcome.NotAuthenticated, caller, question);
        if (policy.Find(caller) is not { } found)
            return new AccessDecision(AccessOutcome.NotInPolicy, caller, question);

        var grant = found.Principal.Grants.FirstOrDefault(one => Gives(one, question));
        var (outcome, fault) = grant is null ? (AccessOutcome.NotGranted, null) : WithGrant(grant, question, now);
        return new AccessDecision(outcome, caller, question) { Principal = found.Principal, Match = found.Match, Grant = grant, Fault = fault };
    }

    private static bool Gives(Grant grant, AccessQuestion question) => question.KeySet is null
        ? (grant.Permissions & question.Permission) != 0
        : grant.Gives(question.Permission, question.KeySet);

    private static (AccessOutcome Outcome, ClaimFault? Fault) WithGrant(Grant grant, AccessQuestion question, DateTimeOffset now)
    {
        if (question.SignsRaw && !grant.RawSign)
            return (AccessOutcome.RawSignRefused, null);
        if (question.ClaimsJson is null || grant.Claims is null)
            return (AccessOutcome.Allowed, null);
        return ClaimsCheck.FindFault(grant.Claims, question.ClaimsJson, question.TokenType, now) is { } fault
            ? (AccessOutcome.ClaimsRefused, fault)
            : (AccessOutcome.Allowed, null);
    }
}
