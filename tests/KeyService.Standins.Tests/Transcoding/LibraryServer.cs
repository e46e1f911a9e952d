using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using KeyService.Standins.Tests.Library;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace KeyService.Standins.Tests.Transcoding;

/// <summary>The library over HTTP/1.1 on a port of its own.</summary>
internal sealed class LibraryServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LibraryServer(WebApplication app)
    {
        _app = app;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public HttpClient Client { get; }

    public LibrarySignals Signals => _app.Services.GetRequiredService<LibrarySignals>();

    public static async Task<LibraryServer> StartAsync(
        Action<GrpcServiceOptions>? grpc = null, Action<GrpcJsonTranscodingOptions>? json = null, Action<IServiceCollection>? services = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1));
        builder.Services.AddSingleton<LibrarySignals>();
        builder.Services.AddGrpc(grpc ?? (_ => { })).AddJsonTranscoding(options =>
        {
            options.TypeRegistry = TypeRegistry.FromMessages(Title.Descriptor);
            json?.Invoke(options);
        });
        services?.Invoke(builder.Services);
        var app = builder.Build();
        app.MapGrpcService<LibraryService>();
        await app.StartAsync();
        return new LibraryServer(app);
    }

    public async Task<HttpResponseMessage> SendAsync(
        string method, string path, string? json = null, string contentType = "application/json")
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (json is not null)
            request.Content = Content(Encoding.UTF8.GetBytes(json), contentType);
        return await Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>The status and, where the body is JSON, the body.</summary>
    public async Task<(HttpStatusCode Status, JsonNode? Json)> CallAsync(string method, string path, string? json = null, string contentType = "application/json")
    {
        using var response = await SendAsync(method, path, json, contentType);
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return (response.StatusCode, body.Length == 0 ? null : JsonNode.Parse(body));
    }

    public static ByteArrayContent Content(byte[] body, string contentType)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        return content;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}
