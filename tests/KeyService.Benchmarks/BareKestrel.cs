using System.Diagnostics;
using System.Globalization;
using KeyService.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Primitives;

namespace KeyService.Benchmarks;

/// <summary>
/// A process that answers as the service does, with nothing between Kestrel and the answer: no routing, no gRPC library, nobody who signs.
/// What it takes is what no work on the service can save.
/// </summary>
internal sealed class BareKestrel : IAsyncDisposable
{
    private const string Verb = "bare";
    private const string ETag = "\"aBareKestrelsEntityTag00\"";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly byte[] Message = [0, 0, 0, 0, SignatureBytes, .. new byte[SignatureBytes]];
    private const int SignatureBytes = 100; // an ES256 signature and its kid
    private readonly TemporaryDirectory _folder = new();
    private readonly Process _process;
    private readonly Uri _grpc;

    private BareKestrel(byte[] jwks)
    {
        var (http, grpc) = FreePorts.Two();
        Url = new Uri($"http://127.0.0.1:{http}/");
        _grpc = new Uri($"http://127.0.0.1:{grpc}/");
        File.WriteAllBytes(_folder["jwks.json"], jwks);
        _process = Process.Start("dotnet", [typeof(BareKestrel).Assembly.Location, Verb, Text(http), Text(grpc), _folder["jwks.json"]]);
    }

    /// <summary>The JWKS over HTTP/1.1.</summary>
    public Uri Url { get; }

    public static async Task<BareKestrel> StartAsync(byte[] jwks)
    {
        var kestrel = new BareKestrel(jwks);
        await Answer.AwaitAsync(kestrel.Url, StartLimit);
        return kestrel;
    }

    /// <summary>Empty gRPC calls.</summary>
    public Task<Run> CallAsync(int callers, int connections, TimeSpan duration) =>
        H2Load.RunAsync(_process, new Uri(_grpc, "/bare.Bare/Call"), [0, 0, 0, 0, 0], callers, connections, duration);

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    /// <returns>False where the arguments ask for something else.</returns>
    public static async Task<bool> TryServeAsync(string[] args)
    {
        if (args is not [Verb, var http, var grpc, var file])
            return false;
        var jwks = await File.ReadAllBytesAsync(file);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true).ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ListenLocalhost(Number(http), listener => listener.Protocols = HttpProtocols.Http1);
            kestrel.ListenLocalhost(Number(grpc), listener => listener.Protocols = HttpProtocols.Http2);
        });
        await using var app = builder.Build();
        app.Run(context => context.Request.Protocol == HttpProtocol.Http2 ? AnswerCallAsync(context) : AnswerGetAsync(context, jwks));
        await app.RunAsync();
        return true;
    }

    private static async Task AnswerGetAsync(HttpContext context, byte[] jwks)
    {
        var (response, headers) = (context.Response, context.Response.Headers);
        headers.ETag = ETag;
        headers.CacheControl = "public, max-age=300";
        headers.Vary = "Accept";
        headers.XContentTypeOptions = "nosniff";
        headers.AccessControlAllowOrigin = "*";
        if (!StringValues.IsNullOrEmpty(context.Request.Headers.IfNoneMatch))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        (response.ContentType, response.ContentLength) = ("application/jwk-set+json", jwks.Length);
        await response.BodyWriter.WriteAsync(jwks);
    }

    private static async Task AnswerCallAsync(HttpContext context)
    {
        var read = await context.Request.BodyReader.ReadAtLeastAsync(5);
        context.Request.BodyReader.AdvanceTo(read.Buffer.End);
        context.Response.ContentType = "application/grpc";
        await context.Response.StartAsync();
        Message.CopyTo(context.Response.BodyWriter.GetSpan(Message.Length));
        context.Response.BodyWriter.Advance(Message.Length);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
