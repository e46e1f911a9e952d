using System.Security.Claims;

namespace KeyService.Server.Access.Authentication;

/// <summary>A proven caller as ASP.NET Core's authentication carries it.</summary>
internal sealed class CallerIdentity(Caller caller) : ClaimsIdentity([new Claim(DefaultNameClaimType, caller.Name)], caller.Kind.ToString())
{
    public Caller Caller { get; } = caller;

    /// <summary>Who makes a request; <see cref="Caller.Anonymous"/> where nobody was authenticated, or what did it has expired since.</summary>
    public static Caller Of(HttpContext context, DateTimeOffset now) =>
        context.User.Identity is CallerIdentity { Caller: var caller } && !(caller.Expires < now) ? caller : Caller.Anonymous;

    /// <summary>When what the caller proved itself with expires; null where it does not.</summary>
    public static DateTimeOffset? ExpiryOf(HttpContext context) => (context.User.Identity as CallerIdentity)?.Caller.Expires;
}
