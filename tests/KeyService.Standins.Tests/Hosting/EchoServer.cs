using System.Net;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using KeyService.Standins.Tests.Protos;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace KeyService.Standins.Tests.Hosting;

/// <summary>The test service on real Kestrel over HTTP/2 without TLS.</summary>
internal sealed class EchoServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Lazy<GrpcChannel> _channel;

    private EchoServer(WebApplication app)
    {
        _app = app;
        Address = new Uri(app.Urls.Single());
        Http = new RawGrpcClient(Address);
        _channel = new(() => GrpcChannel.ForAddress(Address));
    }

    public Uri Address { get; }

    public RawGrpcClient Http { get; }

    public CallLog Calls => _app.Services.GetRequiredService<CallLog>();

    public EchoService.EchoServiceClient Client => new(_channel.Value);

    public static async Task<EchoServer> StartAsync(
        Action<GrpcServiceOptions>? configure = null, Action<IServiceCollection>? services = null, Action<WebApplication>? map = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(); // no address from the environment
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton<CallLog>();
        builder.Services.AddGrpc(configure ?? (_ => { }));
        services?.Invoke(builder.Services);
        var app = builder.Build();
        app.MapGrpcService<EchoGrpcService>();
        map?.Invoke(app);
        await app.StartAsync();
        return new EchoServer(app);
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Calls.EndServer();
        if (_channel.IsValueCreated)
            _channel.Value.Dispose();
        Http.Dispose();
        await _app.DisposeAsync();
    }
}
