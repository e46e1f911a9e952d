using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Responses;

/// <summary>Sends each message of a stream as a line of JSON, at once.</summary>
internal sealed class JsonLineWriter<TResponse>(
    HttpResponse response, JsonResponseFormat format, FieldDescriptor? field, CancellationToken callCancellation)
    : IServerStreamWriter<TResponse>
    where TResponse : class
{
    private int _writing;
    private volatile bool _completed;

    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(TResponse message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(TResponse message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        callCancellation.ThrowIfCancellationRequested();
        if (_completed)
            throw new InvalidOperationException("Can't write the message because the request is complete.");
        if (Interlocked.Exchange(ref _writing, 1) == 1)
            throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
        try
        {
            if (!response.HasStarted)
                response.ContentType = JsonContent.Type;
            using var either = CancellationTokenSource.CreateLinkedTokenSource(callCancellation, cancellationToken);
            // Messages of transcoded methods come from descriptors, so they are IMessage.
            await response.BodyWriter.WriteAsync(format.Line((IMessage)message, field), either.Token);
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
        }
    }

    /// <summary>The handler has returned; what it left running must not write into the ended response.</summary>
    public void Complete() => _completed = true;
}
