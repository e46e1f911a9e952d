using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;

namespace KeyService.Server.Tests.Client;

/// <summary>Sends gRPC calls as bare HTTP/2 requests, also such as no gRPC client would send.</summary>
internal sealed class RawGrpc(Uri address) : IDisposable
{
    public const string Sign = "/keyservice.v1.SigningService/Sign";

    private readonly HttpClient _http = new()
    {
        BaseAddress = address,
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    /// <summary>A message with its five bytes in front, which may lie.</summary>
    public static byte[] Frame(IMessage message, byte flag = 0, int? length = null) => Frame(message.ToByteArray(), flag, length);

    public static byte[] Frame(byte[] payload, byte flag = 0, int? length = null)
    {
        var frame = new byte[5 + payload.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), length ?? payload.Length);
        payload.CopyTo(frame, 5);
        return frame;
    }

    /// <returns>The HTTP status and the gRPC status and message, wherever they stand.</returns>
    public async Task<(int Http, string? Grpc, string? Message)> SendAsync(
        HttpMethod method, string path, byte[]? body, string? contentType, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        if (body is not null)
            request.Content = new ByteArrayContent(body);
        if (contentType is not null)
            request.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        foreach (var (name, value) in headers)
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken); // the trailers come after it
        return ((int)response.StatusCode, Read("grpc-status"), Read("grpc-message"));

        string? Read(string name) =>
            response.Headers.TryGetValues(name, out var values) || response.TrailingHeaders.TryGetValues(name, out values) ? values.Single() : null;
    }

    public void Dispose() => _http.Dispose();
}
