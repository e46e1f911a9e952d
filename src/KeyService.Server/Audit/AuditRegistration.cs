using KeyService.Server.Catalog;
using KeyService.Server.Configuration;

namespace KeyService.Server.Audit;

/// <summary>Everything of the audit log that the composition root has to know. Without <c>Audit:Path</c> nothing of it is there.</summary>
internal static class AuditRegistration
{
    /// <summary>To be called before other hosted services are added: the log is closed after them.</summary>
    public static void AddAudit(this IServiceCollection services, AuditSettings? settings)
    {
        if (settings is null)
            return;
        services.AddSingleton<AuditMetrics>();
        services.AddSingleton(all => new AuditLog(
            settings, all.GetRequiredService<TimeProvider>(), all.GetRequiredService<AuditMetrics>(), all.GetRequiredService<ILogger<AuditLog>>()));
        services.AddSingleton<Func<KeySetCatalog>>(all => all.GetRequiredService<KeySetCatalog>);
        services.AddSingleton<KeyChangeAudit>();
        services.AddSingleton<AuditInterceptor>();
        services.AddSingleton<CheckpointSigner>();
        services.AddHostedService<AuditCheckpoints>();
        services.AddHealthChecks().AddCheck<AuditHealthCheck>("audit");
    }
}
