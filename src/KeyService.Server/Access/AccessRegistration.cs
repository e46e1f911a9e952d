using System.Net.Security;
using KeyService.Server.Access.Authentication;
using KeyService.Server.Access.Policies;
using KeyService.Server.Configuration;
using KeyService.Server.Files;
using KeyService.Server.Health;
using KeyService.Server.Listening;

namespace KeyService.Server.Access;

/// <summary>Who callers are and what they may do: what is needed for both, and the files that it comes from.</summary>
internal static class AccessRegistration
{
    public static void AddAccess(this IServiceCollection services, ServerSettings settings)
    {
        services.AddSingleton<CallerLimits>();
        services.AddSingleton<AnonymousRate>();
        services.AddSingleton<AccessControl>();
        services.AddSingleton<AccessInterceptor>(); // or one would be made for each call
        if (settings.Auth.PolicyFile is { } policy)
        {
            services.AddCallerAuthentication(settings.Auth);
            services.AddReloaded("the policy", [policy], contents => AccessPolicyReader.Read(contents[0], policy));
        }

        if (settings.Tls is { } tls)
        {
            services.AddReloaded("the server's certificate", [tls.CertificateFile, tls.KeyFile], contents => TlsConnections.ReadCertificate(contents[0], contents[1]));
            if (tls.ClientCaFile is { } bundle)
                services.AddReloaded("the trust bundle", [bundle], contents => new TrustBundle(contents[0]));
            services.AddSingleton(all => new TlsConnections(
                tls, all.GetRequiredService<ReloadedFile<SslStreamCertificateContext>>(), all.GetService<ReloadedFile<TrustBundle>>()));
        }

        if (settings.Auth.PolicyFile is null && settings.Tls is null)
            return;
        services.AddHostedService<FileWatch>();
        services.AddHealthChecks().AddCheck<FileHealthCheck>("files");
    }

    private static void AddReloaded<T>(this IServiceCollection services, string what, IReadOnlyList<string> paths, Func<IReadOnlyList<byte[]>, T> make)
        where T : class
    {
        services.AddSingleton(all => new ReloadedFile<T>(what, paths, make, all.GetRequiredService<ILogger<WatchedFiles>>()));
        services.AddSingleton<WatchedFiles>(all => all.GetRequiredService<ReloadedFile<T>>());
    }

    /// <summary>After routing, so that the rule of what is asked for is known.</summary>
    public static void UseAccess(this WebApplication app, ServerSettings settings)
    {
        if (settings.Auth.PolicyFile is null)
            return; // then nobody is asked
        app.UseAuthentication();
        app.UseMiddleware<AccessMiddleware>();
    }

    /// <exception cref="InvalidOperationException">Something is mapped that <see cref="AccessTable"/> does not know.</exception>
    /// <exception cref="SettingsException">The policy, a certificate or the trust bundle cannot be used.</exception>
    public static void CheckAccess(this WebApplication app, ServerSettings settings)
    {
        foreach (var endpoint in ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints))
            _ = AccessTable.Of(endpoint);
        _ = app.Services.GetServices<WatchedFiles>().ToArray(); // made now, where a fault still keeps the server from starting
        if (settings.Auth.PolicyFile is null)
            Log.AccessIsOff(app.Services.GetRequiredService<ILogger<AccessControl>>());
    }
}
