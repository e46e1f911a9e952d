using System.Collections.Concurrent;
using System.Net;
using KeyService.Server.Tests.Telemetry.Otlp;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Server.Tests.Telemetry;

/// <summary>Takes OTLP over HTTP and over gRPC, as an OpenTelemetry collector does, and keeps it.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private const int FrameHeader = 5;
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<byte[]> _traces = new();
    private readonly ConcurrentQueue<byte[]> _metrics = new();

    private Collector(bool isGrpc)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port: 0, listen => listen.Protocols = isGrpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        _app = builder.Build();
        _app.Run(context => TakeAsync(context, isGrpc));
    }

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    /// <summary>Of every request, what the settings' headers file should have put there.</summary>
    public ConcurrentBag<string> Tokens { get; } = [];

    public IReadOnlyList<byte[]> RawTraces => [.. _traces];

    public IReadOnlyList<Span> Spans =>
        [.. _traces.SelectMany(body => TraceRequest.Parser.ParseFrom(body).ResourceSpans).SelectMany(resource => resource.ScopeSpans).SelectMany(scope => scope.Spans)];

    public IReadOnlyList<string> Metrics =>
        [.. _metrics.SelectMany(body => MetricsRequest.Parser.ParseFrom(body).ResourceMetrics).SelectMany(resource => resource.ScopeMetrics).SelectMany(scope => scope.Metrics).Select(metric => metric.Name).Distinct()];

    public static async Task<Collector> StartAsync(bool isGrpc)
    {
        var collector = new Collector(isGrpc);
        await collector._app.StartAsync(TestContext.Current.CancellationToken);
        return collector;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context, bool isGrpc)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var message = body.ToArray()[(isGrpc ? FrameHeader : 0)..];
        Tokens.Add(context.Request.Headers["x-token"].ToString());
        switch (context.Request.Path.Value)
        {
            case "/v1/traces" or "/opentelemetry.proto.collector.trace.v1.TraceService/Export":
                _traces.Enqueue(message);
                break;
            case "/v1/metrics" or "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export":
                _metrics.Enqueue(message);
                break;
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return;
        }

        context.Response.ContentType = isGrpc ? "application/grpc" : "application/x-protobuf";
        if (!isGrpc)
            return;
        await context.Response.Body.WriteAsync(new byte[FrameHeader], context.RequestAborted); // an empty message
        context.Response.AppendTrailer("grpc-status", "0");
    }
}
