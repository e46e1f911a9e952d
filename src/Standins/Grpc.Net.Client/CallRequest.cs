using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using KeyService.Standins.Wire;

namespace Grpc.Net.Client;

/// <summary>The HTTP request of a call with one message.</summary>
internal static class CallRequest
{
    public static HttpRequestMessage Create<TRequest, TResponse>(
        Uri address, Method<TRequest, TResponse> method, CallOptions options, TRequest message, int? maxMessageSize, TimeProvider clock)
    {
        var body = new ArrayBufferWriter<byte>();
        MessageWriter.Write(message, method.RequestMarshaller.ContextualSerializer, body, maxMessageSize, compression: null);

        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, method.FullName))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact, // on http:// this means HTTP/2 without asking first
            Content = new ReadOnlyMemoryContent(body.WrittenMemory),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        request.Headers.TryAddWithoutValidation("user-agent", "grpc-dotnet-keyservice");
        request.Headers.TryAddWithoutValidation("grpc-accept-encoding", "identity,gzip");
        if (options.Deadline is { } deadline && deadline != DateTime.MaxValue)
            request.Headers.TryAddWithoutValidation("grpc-timeout", GrpcTimeout.Format(deadline.ToUniversalTime() - clock.GetUtcNow().UtcDateTime));
        foreach (var entry in options.Headers ?? Metadata.Empty)
            request.Headers.TryAddWithoutValidation(entry.Key, MetadataHeaders.ValueOf(entry));
        return request;
    }
}
