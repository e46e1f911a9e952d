using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;

namespace KeyService.Standins.Tests.Hosting;

/// <summary>Sends calls as bare HTTP/2 requests, also such as no gRPC client would send.</summary>
internal sealed class RawGrpcClient(Uri address) : IDisposable
{
    public const string Unary = "/standins.v1.EchoService/Unary";
    public const string ServerStream = "/standins.v1.EchoService/ServerStream";

    private readonly HttpClient _http = new()
    {
        BaseAddress = address,
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    public static byte[] Frame(IMessage message) => Frame(message.ToByteArray());

    public static byte[] Frame(byte[] payload, byte flag = 0, int? length = null)
    {
        var frame = new byte[5 + payload.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), length ?? payload.Length);
        payload.CopyTo(frame, 5);
        return frame;
    }

    public async Task<RawResponse> PostAsync(
        byte[] body, string path = Unary, string contentType = "application/grpc", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        return await SendAsync(request, headers);
    }

    public async Task<RawResponse> SendAsync(HttpRequestMessage request, params (string Name, string Value)[] headers)
    {
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        foreach (var (name, value) in headers)
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        return new RawResponse((int)response.StatusCode, Read(response.Headers), Read(response.TrailingHeaders), body);
    }

    public void Dispose() => _http.Dispose();

    private static Dictionary<string, string> Read(HttpHeaders headers) =>
        headers.NonValidated.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
}
