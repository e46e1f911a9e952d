using Grpc.Core;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>The responses of a streaming call. A write waits until HTTP/2 flow control lets it go.</summary>
internal sealed class ResponseStream<T>(HttpServerCallContext context, Marshaller<T> marshaller) : IServerStreamWriter<T>
    where T : class
{
    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        cancellationToken.ThrowIfCancellationRequested();
        var options = WriteOptions ?? context.WriteOptions;
        var flush = options is null || !options.Flags.HasFlag(WriteFlags.BufferHint);
        return context.WriteAsync(message, marshaller, options, flush, cancellationToken);
    }
}
