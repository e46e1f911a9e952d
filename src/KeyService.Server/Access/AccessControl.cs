using Grpc.Core;
using KeyService.Core;
using KeyService.Server.Access.Authentication;
using KeyService.Server.Access.Decisions;
using KeyService.Server.Access.Policies;
using KeyService.Server.Catalog;
using KeyService.Server.Configuration;
using KeyService.Server.Files;
using KeyService.Server.Listening;

namespace KeyService.Server.Access;

/// <summary>Holds requests to the policy as it is now. Without a policy everything is allowed: then only this machine reaches the server.</summary>
internal sealed class AccessControl(
    ServerSettings settings, KeySetCatalog catalog, CallerLimits limits, AnonymousRate anonymous, TimeProvider time, ILogger<AccessControl> logger, ReloadedFile<AccessPolicy>? policy = null)
{
    private static readonly AccessQuestion ReadAny = new(Permissions.Read, KeySet: null);
    private static readonly Task Never = new TaskCompletionSource().Task;

    /// <summary>No name of a key set: only a grant for all of them covers it.</summary>
    private static readonly AccessQuestion ReadEvery = new(Permissions.Read, "*");

    /// <summary>What can be decided before the request's body is read: so that a stranger cannot make the server read one.</summary>
    /// <exception cref="KeyServiceException">Unauthenticated, PermissionDenied, CallerThrottled.</exception>
    public void CheckAtTheDoor(HttpContext http, AccessRule rule)
    {
        var caller = CallerIdentity.Of(http, time.GetUtcNow());
        var isAnonymous = caller.Kind == CallerKind.Anonymous;
        if (isAnonymous && rule.Kind == AccessKind.Published)
            anonymous.Take(http.Connection.RemoteIpAddress);
        switch (rule.Kind)
        {
            case AccessKind.Callers when isAnonymous && !IsLocal(http):
            case AccessKind.Permitted when isAnonymous:
                throw Denied(http, rule, new AccessDecision(AccessOutcome.NotAuthenticated, caller, ReadAny));
            case AccessKind.Overview when !IsLocal(http) && !ScrapeConnection.Is(http):
                Require(http, rule, ReadEvery);
                break;
            case AccessKind.Published when rule.IsHttpRoute:
                Require(http, rule, new AccessQuestion(rule.Permission, http.Request.RouteValues["key_set"] as string ?? settings.DefaultKeySet));
                break;
            default:
                break;
        }
    }

    /// <summary>Lets a call in, or not. Dispose of what it returns when the call is over.</summary>
    /// <exception cref="KeyServiceException">Unauthenticated, PermissionDenied, ClaimsNotPermitted, CallerThrottled.</exception>
    public CallerLimits.Lease Admit(HttpContext http, AccessRule rule, object request)
    {
        if (policy is null || rule.Kind is AccessKind.Public or AccessKind.Callers)
            return default;
        return Require(http, rule, AccessTable.QuestionOf(rule, request)) is { } principal
            ? limits.Enter(principal, AccessTable.CostOf(request), rule.Permission == Permissions.Sign)
            : default;
    }

    /// <summary>Completes at the next change of the policy. Take it before <see cref="Reconsider"/>.</summary>
    public Task Changed => policy?.Changed ?? Never;

    /// <summary>
    /// Decides again on a call that is open for long: the policy may have changed, and what the caller proved itself with may have expired.
    /// </summary>
    /// <returns>When it will have to be decided again though the policy stays as it is; null for never.</returns>
    /// <exception cref="KeyServiceException">Unauthenticated, PermissionDenied.</exception>
    public DateTimeOffset? Reconsider(ServerCallContext context, object request)
    {
        if (policy is null)
            return null;
        var (http, rule) = (context.GetHttpContext(), AccessTable.Get(context.Method));
        Require(http, rule, AccessTable.QuestionOf(rule, request));
        return CallerIdentity.ExpiryOf(http) is { } expiry && expiry >= time.GetUtcNow() ? expiry : null; // who is let in without proof needs none
    }

    public bool MayRead(HttpContext http, string keySet)
    {
        var now = time.GetUtcNow();
        return policy is null || AccessRules.Decide(policy.Current, CallerIdentity.Of(http, now), new AccessQuestion(Permissions.Read, keySet), now).Allowed;
    }

    /// <returns>Who the caller is; null where that does not matter.</returns>
    private Principal? Require(HttpContext http, AccessRule rule, AccessQuestion question)
    {
        if (policy is null)
            return null;
        var (current, now) = (policy.Current, time.GetUtcNow());
        var caller = CallerIdentity.Of(http, now);
        if (rule.Kind == AccessKind.Published && !current.IsPrivate(question.KeySet!)) // published rules ask about a key set
            return caller.Kind == CallerKind.Anonymous ? null : current.Find(caller)?.Principal;
        var decision = AccessRules.Decide(current, caller, question, now);
        if (!decision.Allowed)
            throw Denied(http, rule, decision);
        // Who may use a key set but not see it is not told, either, that there is none.
        if (question.KeySet is { } name && rule.NeedsKeySet && !Exists(name)
            && !AccessRules.Decide(current, caller, new AccessQuestion(Permissions.Read, name), now).Allowed)
            throw Denied(http, rule, decision with { Outcome = AccessOutcome.NotGranted });
        return decision.Principal;
    }

    private bool Exists(string keySet) => catalog.TryGet(keySet, out var snapshot) ? snapshot.KeySet.Deleted is null : catalog.IsUnreadable(keySet);

    private KeyServiceException Denied(HttpContext http, AccessRule rule, AccessDecision decision)
    {
        if (decision.Outcome == AccessOutcome.NotAuthenticated && http.Features.Get<KeyServiceException>() is { } why)
            return why; // the caller showed a token that nobody can verify now
        if (decision.Outcome == AccessOutcome.NotAuthenticated)
        {
            if (!http.Response.HasStarted) // a stream that is ended has sent its headers
                AccessRefusal.Challenge(http, settings.Auth);
        }
        else if (logger.IsEnabled(LogLevel.Warning))
            Log.AccessDenied(logger, rule.Name, string.Join(' ', decision.Explain()));
        return decision.Denial();
    }

    private static bool IsLocal(HttpContext http) => http.Connection.RemoteIpAddress is { } address && System.Net.IPAddress.IsLoopback(address);
}
