using KeyService.Server.Configuration;
using KeyService.Server.Listening;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;

namespace KeyService.Server.Access.Authentication;

/// <summary>The ways in which callers prove who they are, as ASP.NET Core's authentication schemes.</summary>
internal static class CallerAuthentication
{
    private const string SchemeName = "Caller";

    public static void AddCallerAuthentication(this IServiceCollection services, AuthSettings settings)
    {
        // Not AddAuthentication: it adds data protection, which would keep keys of its own in the home directory.
        services.AddAuthenticationCore(options => options.DefaultScheme = SchemeName);
        services.AddWebEncoders();
        services.AddSingleton<IAuthenticationConfigurationProvider, NoSchemeConfiguration>();
        var builder = new AuthenticationBuilder(services)
            .AddScheme<AuthenticationSchemeOptions, CertificateHandler>(CertificateHandler.SchemeName, configureOptions: null)
            .AddScheme<AuthenticationSchemeOptions, UnixPeerHandler>(UnixPeerHandler.SchemeName, configureOptions: null)
            .AddScheme<AuthenticationSchemeOptions, UnknownIssuerHandler>(UnknownIssuerHandler.SchemeName, configureOptions: null);
        foreach (var issuer in settings.Jwt)
        {
            var scheme = BearerTokens.SchemeOf(issuer.Issuer);
            builder.AddJwtBearer(scheme, configureOptions: static _ => { });
            services.AddOptions<JwtBearerOptions>(scheme).Configure<ILogger<IssuerKeys>>((options, logger) => BearerTokens.Configure(options, issuer, logger));
        }

        var issuers = settings.Jwt.Select(issuer => issuer.Issuer).ToHashSet(StringComparer.Ordinal);
        builder.AddPolicyScheme(SchemeName, displayName: null, options => options.ForwardDefaultSelector = context => SchemeFor(context, issuers));
    }

    /// <summary>A token is what a caller chose to show, so it goes before what its connection shows.</summary>
    private static string SchemeFor(HttpContext context, HashSet<string> issuers)
    {
        if (context.Request.Headers.Authorization is { Count: > 0 } authorization)
        {
            return authorization.Count == 1 && BearerTokens.IssuerOf(authorization[0]) is { } issuer && issuers.Contains(issuer)
                ? BearerTokens.SchemeOf(issuer)
                : UnknownIssuerHandler.SchemeName;
        }

        return context.Features.Get<PeerCredentials>() is null ? CertificateHandler.SchemeName : UnixPeerHandler.SchemeName;
    }
}
