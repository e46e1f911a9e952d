using System.Net;
using Grpc.AspNetCore.HealthChecks;
using KeyService.Standins.Tests.Transcoding;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace KeyService.Standins.Tests.HealthChecks;

/// <summary>Health, reflection and the library over HTTP/2 without TLS. Nothing publishes health reports but the test.</summary>
internal sealed class HealthServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private HealthServer(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.Single());

    public HealthReports Reports => _app.Services.GetRequiredService<HealthReports>();

    public static async Task<HealthServer> StartAsync(Action<GrpcHealthChecksOptions>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton<LibrarySignals>();
        builder.Services.Configure<HealthCheckPublisherOptions>(options => options.Delay = TimeSpan.FromHours(1));
        builder.Services.AddGrpc().AddJsonTranscoding();
        builder.Services.AddGrpcReflection();
        builder.Services
            .AddGrpcHealthChecks(options =>
            {
                options.Services.Map("library", check => check.Tags.Contains("library"));
                options.Services.Map("broken", check => check.Name == "broken");
                options.Services.Map("nothing", _ => false);
                configure?.Invoke(options);
            })
            .AddCheck("shelves", () => HealthCheckResult.Degraded(), tags: ["library"])
            .AddCheck("broken", () => HealthCheckResult.Unhealthy());
        var app = builder.Build();
        app.MapGrpcService<LibraryService>();
        app.MapGrpcHealthChecksService();
        app.MapGrpcReflectionService();
        await app.StartAsync();
        return new HealthServer(app);
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
