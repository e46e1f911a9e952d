using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace KeyService.Server.Access.Authentication;

/// <summary>Credentials that no issuer of the settings could have given: they fail, whatever else the caller has to show.</summary>
internal sealed class UnknownIssuerHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "UnknownIssuer";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() =>
        Task.FromResult(AuthenticateResult.Fail("The Authorization header holds no bearer token of a known issuer."));
}
