using System.Security.Claims;

namespace KeyService.Server.Access.Authentication;

/// <summary>A proven caller as ASP.NET Core's authentication carries it.</summary>
internal sealed class CallerIdentity(Caller caller) : ClaimsIdentity([new Claim(DefaultNameClaimType, caller.Name)], caller.Kind.ToString())
{
    public Caller Caller { get; } = caller;

    /// <summary>Who makes a request; <see cref="Caller.Anonymous"/> where nobody was authenticated.</summary>
    public static Caller Of(HttpContext context) => (context.User.Identity as CallerIdentity)?.Caller ?? Caller.Anonymous;
}
