using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using Grpc.AspNetCore.Server.Wire;
using Grpc.Core;
using KeyService.Standins.Wire;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>A call over HTTP/2, from its headers to its status.</summary>
internal sealed class HttpServerCallContext : DeadlineCallContext
{
    private readonly IMethod _method;
    private readonly CallSettings _settings;
    private readonly ILogger _logger;
    private CompressionLevel? _compression;
    private bool _started;
    private Metadata? _requestHeaders;
    private Metadata? _responseTrailers;

    public HttpServerCallContext(HttpContext httpContext, IMethod method, CallSettings settings, ILogger logger)
        : base(httpContext)
    {
        _method = method;
        _settings = settings;
        _logger = logger;
    }

    protected override string MethodCore => _method.FullName;

    protected override string HostCore => HttpContext.Request.Host.Value ?? "";

    protected override string PeerCore => PeerAddress.Of(HttpContext.Connection);

    protected override Metadata RequestHeadersCore => _requestHeaders ??= ReadRequestHeaders();

    protected override Metadata ResponseTrailersCore => _responseTrailers ??= [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore => field ??= PeerCertificate.Describe(HttpContext.Connection.ClientCertificate);

    /// <summary>Reads what the headers say about the call and starts its deadline.</summary>
    /// <remarks>The official server ignores a malformed grpc-timeout; a caller that meant a deadline is better told.</remarks>
    public void Start(TimeProvider clock)
    {
        HttpContext.Response.ContentType = GrpcProtocol.ContentType;
        var header = HttpContext.Request.Headers.GrpcTimeout;
        if (header.Count == 0)
            return;
        if (header.Count > 1 || !GrpcTimeout.TryParse(header[0], out var timeout))
            throw WireErrors.Internal($"Malformed grpc-timeout '{header}'.");

        if (timeout <= TimeSpan.Zero)
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded"));
        StartDeadline(timeout, clock);
    }

    public MessageReader<T> CreateReader<T>(Func<DeserializationContext, T> deserializer)
        where T : class => new(
            HttpContext.Request.BodyReader, deserializer, _settings.MaxReceiveMessageSize, HttpContext.Request.Headers.GrpcEncoding);

    public async Task WriteAsync<T>(T message, Marshaller<T> marshaller, WriteOptions? options, bool flush, CancellationToken cancellationToken)
    {
        BeginWrite();
        try
        {
            await StartResponseAsync();
            var mayCompress = (options?.Flags & WriteFlags.NoCompress) != WriteFlags.NoCompress;
            MessageWriter.Write(message, marshaller.ContextualSerializer, HttpContext.Response.BodyWriter, _settings.MaxSendMessageSize, mayCompress ? _compression : null);
            if (flush)
                await FlushAsync(cancellationToken);
        }
        finally
        {
            await EndWriteAsync();
        }
    }

    /// <summary>Sends the status that the handler left, unless the deadline ended the call before.</summary>
    public async ValueTask CompleteAsync()
    {
        if (!await TryEndAsync())
            return;
        if (StatusCore.StatusCode == StatusCode.OK)
            await StartResponseAsync(); // Trailers-Only is for errors
        ResponseStatus.Send(HttpContext.Response, StatusCore, _responseTrailers);
    }

    /// <summary>Turns what was thrown into a status.</summary>
    public async ValueTask FailAsync(Exception exception)
    {
        // A connection that breaks may be noticed by a read before it is noticed by the token.
        if (!await TryEndAsync() || HttpContext.RequestAborted.IsCancellationRequested || exception is IOException { InnerException: ConnectionAbortedException })
        {
            Log.FailedAfterEnd(_logger, _method.FullName, exception);
            return;
        }

        ResponseStatus.Send(HttpContext.Response, StatusOf(exception), _responseTrailers);
    }

    protected override async Task SendDeadlineExceededAsync()
    {
        Log.DeadlineExceeded(_logger, _method.FullName, DeadlineCore);
        ResponseStatus.Send(HttpContext.Response, new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded"), trailers: null);
        await HttpContext.Response.CompleteAsync();
    }

    protected override void ReportFailedDeadline(Exception exception) => Log.DeadlineFailed(_logger, _method.FullName, exception);

    protected override async Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        BeginWrite();
        try
        {
            if (HttpContext.Response.HasStarted)
                throw new InvalidOperationException("Response headers can only be sent once per call.");
            foreach (var entry in responseHeaders)
                HttpContext.Response.Headers.Append(entry.Key, MetadataHeaders.ValueOf(entry));
            await StartResponseAsync();
            await FlushAsync(CancellationToken.None);
        }
        finally
        {
            await EndWriteAsync();
        }
    }

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        throw new NotSupportedException("CreatePropagationToken is not supported.");

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        var result = await HttpContext.Response.BodyWriter.FlushAsync(cancellationToken);
        if (result.IsCanceled || result.IsCompleted)
            throw new OperationCanceledException("The call was cancelled or passed its deadline while a message was sent.");
    }

    private Task StartResponseAsync()
    {
        if (_started)
            return Task.CompletedTask;

        _started = true;
        var response = HttpContext.Response;
        if (_settings.ResponseCompression is { } level && CallEncodings.Accepts(HttpContext.Request.Headers, Gzip.Name))
        {
            _compression = level;
            response.Headers.GrpcEncoding = Gzip.Name;
        }

        return response.StartAsync(); // the body writer may be used only after this
    }

    [SuppressMessage("Performance", "CA1873", Justification = "only on the way of errors")]
    private Status StatusOf(Exception exception)
    {
        if (exception is RpcException rpc)
        {
            Log.CallFailed(_logger, _method.FullName, rpc.StatusCode, exception);
            foreach (var entry in rpc.Trailers)
                ResponseTrailersCore.Add(entry);
            if (rpc.StatusCode == StatusCode.Unimplemented)
                HttpContext.Response.Headers.GrpcAcceptEncoding = CallEncodings.Supported;
            return rpc.Status;
        }

        Log.HandlerFailed(_logger, _method.FullName, exception);
        const string Detail = "Exception was thrown by handler.";
        return new Status(StatusCode.Unknown, _settings.EnableDetailedErrors ? $"{Detail} {exception.GetType().Name}: {exception.Message}" : Detail);
    }

    private Metadata ReadRequestHeaders()
    {
        var metadata = new Metadata();
        foreach (var (name, values) in HttpContext.Request.Headers)
        {
            foreach (var value in values)
            {
                try
                {
                    MetadataHeaders.Add(metadata, name, value ?? "");
                }
                catch (FormatException e)
                {
                    throw WireErrors.Internal($"Header '{name}' is not base64.", e);
                }
            }
        }

        return metadata;
    }
}
