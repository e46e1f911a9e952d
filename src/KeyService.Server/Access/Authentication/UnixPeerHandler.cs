using System.Security.Claims;
using System.Text.Encodings.Web;
using KeyService.Server.Listening;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace KeyService.Server.Access.Authentication;

/// <summary>Callers over the Unix socket: the user and group of their process.</summary>
internal sealed class UnixPeerHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "UnixPeer";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Context.Features.Get<PeerCredentials>() is not { } peer)
            return Task.FromResult(AuthenticateResult.NoResult());
        var principal = new ClaimsPrincipal(new CallerIdentity(Caller.Unix(peer.Uid, peer.Gid)));
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(principal, SchemeName)));
    }
}
