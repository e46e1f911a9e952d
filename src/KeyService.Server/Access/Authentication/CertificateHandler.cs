using System.Security.Claims;
using System.Security.Cryptography.X509Certificates;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Options;

namespace KeyService.Server.Access.Authentication;

/// <summary>Callers with a client certificate. The handshake has checked it against the trust bundle already.</summary>
internal sealed class CertificateHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "Certificate";
    private static readonly object Key = new();

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Context.Connection.ClientCertificate is not { } certificate)
            return Task.FromResult(AuthenticateResult.NoResult());
        if (certificate.NotAfter.ToUniversalTime() < TimeProvider.GetUtcNow().UtcDateTime) // a connection may live longer than that
            return Task.FromResult(AuthenticateResult.Fail("The client certificate has expired."));
        return Task.FromResult(PrincipalOf(certificate) is { } principal
            ? AuthenticateResult.Success(new AuthenticationTicket(principal, SchemeName))
            : AuthenticateResult.Fail("The client certificate names nobody, or more than one."));
    }

    /// <summary>Read once for each connection.</summary>
    private ClaimsPrincipal? PrincipalOf(X509Certificate2 certificate)
    {
        var items = Context.Features.Get<IConnectionItemsFeature>()?.Items;
        if (items is not null && items.TryGetValue(Key, out var known))
            return (ClaimsPrincipal?)known;
        var principal = CertificateIdentity.Of(certificate) is { } caller
            ? new ClaimsPrincipal(new CallerIdentity(caller with { Expires = certificate.NotAfter.ToUniversalTime() }))
            : null;
        if (items is not null)
            items[Key] = principal;
        return principal;
    }
}
