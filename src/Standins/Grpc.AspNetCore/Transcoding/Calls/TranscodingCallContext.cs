using Grpc.AspNetCore.Server.Calls;
using Grpc.Core;
using KeyService.Standins.Wire;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Requests;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Responses;
using Microsoft.AspNetCore.Http;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>A call that came as JSON over HTTP.</summary>
internal sealed class TranscodingCallContext : ServerCallContext, IDisposable
{
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(1); // longer deadlines outlive any HTTP request
    private readonly IMethod _method;
    private CancellationTokenSource? _timer;
    private CancellationTokenSource? _cancellation;
    private DateTime _deadline = DateTime.MaxValue;

    public TranscodingCallContext(HttpContext httpContext, IMethod method)
    {
        HttpContext = httpContext;
        _method = method;
        UserState[ServerCallContextExtensions.HttpContextKey] = httpContext;
    }

    public HttpContext HttpContext { get; }

    public bool DeadlineHasPassed => _timer is { IsCancellationRequested: true };

    protected override string MethodCore => _method.FullName;

    protected override string HostCore => HttpContext.Request.Host.Value ?? "";

    protected override string PeerCore => PeerAddress.Of(HttpContext.Connection);

    protected override DateTime DeadlineCore => _deadline;

    protected override Metadata RequestHeadersCore => field ??= ReadRequestHeaders();

    protected override CancellationToken CancellationTokenCore => _cancellation?.Token ?? HttpContext.RequestAborted;

    protected override Metadata ResponseTrailersCore { get; } = [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore => field ??= PeerCertificate.Describe(HttpContext.Connection.ClientCertificate);

    /// <summary>Starts the deadline that the header grpc-timeout may set.</summary>
    /// <exception cref="RequestRefusedException">The header is malformed.</exception>
    public void Start(TimeProvider clock)
    {
        var header = HttpContext.Request.Headers.GrpcTimeout;
        if (header.Count == 0)
            return;
        if (header.Count > 1 || !GrpcTimeout.TryParse(header[0], out var timeout))
            throw new RequestRefusedException(StatusCode.InvalidArgument, "The header grpc-timeout is malformed.");
        var now = clock.GetUtcNow().UtcDateTime;
        _deadline = timeout < DateTime.MaxValue - now ? now + timeout : DateTime.MaxValue;
        if (timeout > LongestTimer)
            return;
        _timer = new CancellationTokenSource(timeout, clock);
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, HttpContext.RequestAborted);
    }

    public void Dispose()
    {
        _cancellation?.Dispose();
        _timer?.Dispose();
    }

    protected override async Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        var response = HttpContext.Response;
        if (response.HasStarted)
            throw new InvalidOperationException("Response headers can only be sent once per call.");
        foreach (var entry in responseHeaders)
            response.Headers.Append(entry.Key, MetadataHeaders.ValueOf(entry));
        response.ContentType = JsonContent.Type;
        await response.BodyWriter.FlushAsync(CancellationToken);
    }

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        throw new NotSupportedException("CreatePropagationToken is not supported.");

    private Metadata ReadRequestHeaders()
    {
        var metadata = new Metadata();
        foreach (var (name, values) in HttpContext.Request.Headers)
        {
            foreach (var value in values)
                AddHeader(metadata, name, value ?? "");
        }

        return metadata;
    }

    private static void AddHeader(Metadata metadata, string name, string value)
    {
        try
        {
            MetadataHeaders.Add(metadata, name, value);
        }
        catch (FormatException e)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"Header '{name}' is not base64.", e));
        }
    }
}
