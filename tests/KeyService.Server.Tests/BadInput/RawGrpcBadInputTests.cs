using System.Net.Sockets;
using System.Text;
using Google.Protobuf;
using KeyService.Protos.V1;
using KeyService.Server.Tests.Client;

namespace KeyService.Server.Tests.BadInput;

/// <summary>Bytes on the gRPC port that are no call.</summary>
public sealed class RawGrpcBadInputTests(StrictServer strict) : IClassFixture<StrictServer>
{
    private const string Internal = "13";
    private const string Unimplemented = "12";
    private const string ResourceExhausted = "8";
    private static readonly byte[] Good = new SignRequest { KeySet = "default", Message = ByteString.CopyFromUtf8("a") }.ToByteArray();

    private static readonly Dictionary<string, RawGrpcCase> Cases = new()
    {
        ["no frame"] = new([], Internal),
        ["half a frame's header"] = new([0, 0, 0], Internal),
        ["half a message"] = new(RawGrpc.Frame(Good, length: Good.Length + 1), Internal),
        ["two messages"] = new([.. RawGrpc.Frame(Good), .. RawGrpc.Frame(Good)], Internal),
        ["bytes behind the message"] = new([.. RawGrpc.Frame(Good), 1], Internal),
        ["compressed without an encoding"] = new(RawGrpc.Frame(Good, flag: 1), Internal),
        ["unknown flag"] = new(RawGrpc.Frame(Good, flag: 0x80), Internal),
        ["said to be gzip"] = new(RawGrpc.Frame(Good, flag: 1), Internal) { Headers = [("grpc-encoding", "gzip")] },
        ["unknown encoding"] = new(RawGrpc.Frame(Good, flag: 1), Unimplemented) { Headers = [("grpc-encoding", "br")] },
        ["no protobuf"] = new(RawGrpc.Frame([0xff, 0xff, 0xff]), Internal),
        ["field longer than the message"] = new(RawGrpc.Frame([0x0a, 0x7f, (byte)'a']), Internal),
        ["name that is no UTF-8"] = new(RawGrpc.Frame([0x0a, 2, 0xff, 0xfe]), "3"), // read with replacement characters: no name
        ["message over 4 MiB"] = new(RawGrpc.Frame(Good, length: (4 << 20) + 1), ResourceExhausted),
        ["message of 4 GiB"] = new(RawGrpc.Frame(Good, length: -1), ResourceExhausted),
        ["malformed timeout"] = new(RawGrpc.Frame(Good), Internal) { Headers = [("grpc-timeout", "soon")] },
        ["unknown method"] = new(RawGrpc.Frame(Good), Unimplemented) { Path = "/keyservice.v1.SigningService/ExportKey" },
        ["method in another case"] = new(RawGrpc.Frame(Good), Unimplemented) { Path = "/keyservice.v1.SigningService/export" },
        ["unknown service"] = new(RawGrpc.Frame(Good), Unimplemented) { Path = "/keyservice.v2.SigningService/Sign" },
        ["JSON"] = new("{}"u8.ToArray(), Internal, 415) { ContentType = "application/json" },
        ["gRPC-Web"] = new(RawGrpc.Frame(Good), Internal, 415) { ContentType = "application/grpc-web" },
        ["almost gRPC"] = new(RawGrpc.Frame(Good), Internal, 415) { ContentType = "application/grpcx" },
        ["no content type"] = new(RawGrpc.Frame(Good), Internal, 415) { ContentType = null },
        ["GET"] = new(null, null, 405) { Method = HttpMethod.Get, ContentType = null },
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Is_refused(string name)
    {
        var wanted = Cases[name];
        using var raw = new RawGrpc(strict.Server.GrpcAddress);
        var found = await raw.SendAsync(wanted.Method, wanted.Path, wanted.Body, wanted.ContentType, wanted.Headers);
        Assert.True((found.Http, found.Grpc) == (wanted.Http, wanted.Grpc), found.ToString());
        if (wanted.Grpc is not null)
            Assert.NotEqual("", found.Message);
        await strict.AssertStillSignsAsync();
    }

    [Fact]
    public async Task HTTP_1_on_the_gRPC_port_is_told_so()
    {
        var answer = await TalkAsync(strict.Server.GrpcAddress, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray());
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        await strict.AssertStillSignsAsync();
    }

    [Theory]
    [InlineData("\0\0\0\0\0\0\0\0")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnot a frame but quite some bytes")]
    [InlineData("\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003")] // a TLS handshake
    public async Task Noise_on_the_gRPC_port_ends_its_own_connection_only(string noise)
    {
        await TalkAsync(strict.Server.GrpcAddress, Encoding.Latin1.GetBytes(noise + new string('\n', 64)));
        await strict.AssertStillSignsAsync();
    }

    [Fact]
    public async Task HTTP_2_on_the_HTTP_port_is_refused()
    {
        var answer = await TalkAsync(strict.Server.Http.BaseAddress!, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0"u8.ToArray());
        Assert.DoesNotContain(" 200", answer, StringComparison.Ordinal);
        await strict.AssertStillSignsAsync();
    }

    /// <summary>All that the server answers until it hangs up.</summary>
    private static async Task<string> TalkAsync(Uri address, byte[] bytes)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestEnd);
        limit.CancelAfter(Eventually.Patience);
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, limit.Token);
        var stream = client.GetStream();
        await stream.WriteAsync(bytes, limit.Token);
        using var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer, limit.Token);
        }
        catch (IOException)
        {
            // A reset is a way to hang up, too.
        }

        return Encoding.Latin1.GetString(answer.ToArray());
    }
}
