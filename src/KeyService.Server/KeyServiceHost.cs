using KeyService.Core.Providers;
using KeyService.Core.Storage;
using KeyService.Providers.Aws;
using KeyService.Providers.Azure;
using KeyService.Providers.Pkcs11;
using KeyService.Server.Access;
using KeyService.Server.Api;
using KeyService.Server.Audit;
using KeyService.Server.Catalog;
using KeyService.Server.Configuration;
using KeyService.Server.Guard;
using KeyService.Server.Health;
using KeyService.Server.Http;
using KeyService.Server.Listening;
using KeyService.Server.Recovery;
using KeyService.Server.Rotation;
using KeyService.Server.Signing;
using KeyService.Server.Telemetry;
using KeyService.Storage.Postgres;
using KeyService.Storage.Sqlite;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Console;

namespace KeyService.Server;

/// <summary>The composition root: the only place that names every provider and store.</summary>
internal static class KeyServiceHost
{
    /// <param name="toStandardError">From which level on log lines go to standard error: a verb's answer stands alone in the output.</param>
    public static WebApplication Build(ServerSettings settings, IConfiguration configuration, TimeProvider time, LogLevel toStandardError = LogLevel.None)
    {
        // The empty builder: no settings file is picked up from the working directory by chance.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().UseSockets(Sockets).ConfigureKestrel(kestrel => Listen(kestrel, settings));
        builder.Services.AddRoutingCore();
        builder.Services.AddLogging(logging => logging
            .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", settings.Audit is null ? LogLevel.None : LogLevel.Warning) // else each request has an activity and a scope; only the audit log reads them
            .AddConfiguration(configuration.GetSection("Logging"))
            .AddFilter("Microsoft.AspNetCore", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.Critical) // /health/ready tells the same
            .AddSimpleConsole(console => (console.SingleLine, console.UseUtcTimestamp, console.TimestampFormat) = (true, true, "yyyy-MM-ddTHH:mm:ss.fffZ ")));
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = toStandardError);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = settings.ShutdownTimeout);
        AddCore(builder.Services, settings, time);
        AddApi(builder.Services, settings);
        builder.Services.AddAccess(settings);

        var app = builder.Build();
        app.UseTelemetry();
        if (settings.Listen.Metrics is not null)
            app.Use(ScrapeConnection.HideOthersAsync);
        app.UseRouting();
        app.UseAccess(settings);
        MapApi(app);
        app.CheckAccess(settings);
        return app;
    }

    public static IKeyProvider CreateProvider(ProviderSettings settings, ILoggerFactory loggers, TimeProvider time) => settings.Options switch
    {
        AwsKmsOptions options => new AwsKmsKeyProvider(settings.Name, options, loggers.CreateLogger<AwsKmsKeyProvider>(), time),
        AzureKeyVaultOptions options => new AzureKeyVaultKeyProvider(settings.Name, options, loggers.CreateLogger<AzureKeyVaultKeyProvider>(), time),
        Pkcs11Options options => new Pkcs11KeyProvider(settings.Name, options, loggers.CreateLogger<Pkcs11KeyProvider>(), time),
        var options => throw new InvalidOperationException($"No provider is made from {options.GetType()}."),
    };

    private static IKeySetStore CreateStore(StorageSettings settings, ILoggerFactory loggers, TimeProvider time) => settings.Options switch
    {
        PostgresStoreOptions options => new PostgresKeySetStore(options, loggers.CreateLogger<PostgresKeySetStore>(), time),
        SqliteStoreOptions options => new SqliteKeySetStore(options, time),
        var options => throw new InvalidOperationException($"No store is made from {options.GetType()}."),
    };

    private static void Sockets(SocketTransportOptions sockets)
    {
        sockets.CreateBoundListenSocket = UnixSockets.Bind;
        sockets.UnsafePreferInlineScheduling = true; // two hops less for each request: nothing of ours blocks where a connection is read or written
    }

    private static void Listen(KestrelServerOptions kestrel, ServerSettings settings)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = 8 << 20; // base64 of the largest gRPC message; each call has tighter limits of its own
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 << 10;
        kestrel.Limits.MaxConcurrentConnections = settings.Limits.MaxConnections;
        kestrel.Limits.Http2.MaxStreamsPerConnection = settings.Limits.MaxStreamsPerConnection;
        Listeners.Listen(kestrel, settings.Listen);
    }

    private static void AddCore(IServiceCollection services, ServerSettings settings, TimeProvider time)
    {
        services.AddSingleton(settings);
        services.AddSingleton(time);
        services.AddAudit(settings.Audit);
        services.AddTelemetry(settings.Telemetry, time);
        services.AddSingleton(all => CreateStore(settings.Storage, all.GetRequiredService<ILoggerFactory>(), time));
        services.AddSingleton<GuardMetrics>();
        foreach (var provider in settings.Providers)
            services.AddSingleton(all => Guarded(provider, all, time));
        services.AddSingleton<KeyProviders>();
        services.AddSingleton(new Staleness(settings.Storage, time));
        services.AddSingleton<KeySetCatalog>();
        services.AddSingleton<JwksReader>();
        services.AddSingleton<JwsSigner>();
        services.AddSingleton<KeySetWriter>();
        services.AddSingleton<KeyMaker>();
        services.AddSingleton<KeyFulfilment>();
        services.AddSingleton<KeyRotator>();
        services.AddSingleton<RecordSource>();
        services.AddSingleton<StoreRecovery>();
        services.AddSingleton<ConfiguredKeySets>();
        services.AddSingleton<RotationWorker>();
        services.AddHostedService(all => all.GetRequiredService<RotationWorker>());
        services.AddHostedService<ExpiryRecorder>();
        services.AddSingleton(settings.Orphans);
        services.AddHostedService<OrphanSearch>();
        services.AddHostedService<CatalogRefresher>();
        services.AddHostedService<ChangeListener>();
        services.AddSingleton<Startup>();
    }

    private static GuardedKeyProvider Guarded(ProviderSettings settings, IServiceProvider services, TimeProvider time) => new(
        CreateProvider(settings, services.GetRequiredService<ILoggerFactory>(), time),
        settings.Guard,
        services.GetRequiredService<GuardMetrics>(),
        services.GetRequiredService<ILogger<GuardedKeyProvider>>(),
        time,
        services.GetService<KeyChangeAudit>());

    private static void AddApi(IServiceCollection services, ServerSettings settings)
    {
        services.AddSingleton<SpecReading>();
        services.AddSingleton<SigningGrpcService>();
        services.AddSingleton<JwksGrpcService>();
        services.AddSingleton<KeySetGrpcService>();
        services.AddSingleton<JwksEndpoints>();
        services.AddSingleton<DiscoveryEndpoints>();
        services.AddSingleton<ErrorInterceptor>(); // or one would be made for each call
        services.AddGrpc(grpc =>
        {
            grpc.Interceptors.Add<ErrorInterceptor>();
            if (settings.Audit is not null)
                grpc.Interceptors.Add<AuditInterceptor>(); // within the one above, so that it sees failures as they are
            grpc.Interceptors.Add<AccessInterceptor>();
        }).AddJsonTranscoding(json =>
        {
            json.TypeRegistry = GrpcStatus.Details;
            json.JsonSettings.WriteInt64sAsStrings = true; // as proto3 JSON has it: a revision survives every JSON library
        });
        services.AddGrpcReflection();
        services.AddGrpcHealthChecks()
            .AddCheck<ProcessHealthCheck>("process", tags: [ProcessHealthCheck.Live])
            .AddCheck<ProviderHealthCheck>("providers")
            .AddCheck<StoreHealthCheck>("store")
            .AddCheck<KeySetHealthCheck>("key_sets")
            .AddCheck<SigningKeyHealthCheck>("signing_keys");
    }

    private static void MapApi(WebApplication app)
    {
        app.MapGrpcService<SigningGrpcService>();
        app.MapGrpcService<JwksGrpcService>();
        app.MapGrpcService<KeySetGrpcService>();
        app.MapGrpcHealthChecksService();
        app.MapGrpcReflectionService();
        app.Services.GetRequiredService<JwksEndpoints>().Map(app);
        app.Services.GetRequiredService<DiscoveryEndpoints>().Map(app);
        app.MapHealth();
    }
}
