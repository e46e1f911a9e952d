using System.IO.Compression;
using Google.Protobuf;
using KeyService.Standins.Tests.Hosting;
using KeyService.Standins.Tests.Protos;

namespace KeyService.Standins.Tests.Server;

public sealed class MalformedCallTests(SharedEchoServer shared) : IClassFixture<SharedEchoServer>
{
    private static readonly byte[] Hello = new EchoRequest { Text = "hello" }.ToByteArray();

    public static TheoryData<string, byte[]> BadBodies => new()
    {
        { "no message", [] },
        { "half a header", [0, 0, 0] },
        { "half a message", RawGrpcClient.Frame(Hello, length: Hello.Length + 1) },
        { "two messages", [.. RawGrpcClient.Frame(Hello), .. RawGrpcClient.Frame(Hello)] },
        { "a message and some more", [.. RawGrpcClient.Frame(Hello), 0] },
        { "compressed without saying how", RawGrpcClient.Frame(Hello, flag: 1) },
        { "an unknown flag", RawGrpcClient.Frame(Hello, flag: 2) },
        { "not protobuf", RawGrpcClient.Frame([0xff, 0xff]) },
    };

    [Theory]
    [MemberData(nameof(BadBodies))]
    public async Task A_request_that_is_not_one_message_fails_as_internal(string what, byte[] body)
    {
        var response = await shared.Server.Http.PostAsync(body);
        Assert.True(response is { HttpStatus: 200, GrpcStatus: "13", IsTrailersOnly: true }, $"{what}: {response}");
    }

    [Fact]
    public async Task A_request_that_is_not_gzip_fails_as_internal()
    {
        var response = await shared.Server.Http.PostAsync(RawGrpcClient.Frame(Hello, flag: 1), headers: ("grpc-encoding", "gzip"));
        Assert.Equal("13", response.GrpcStatus);
    }

    [Fact]
    public async Task A_request_in_an_unknown_encoding_learns_the_known_ones()
    {
        var response = await shared.Server.Http.PostAsync(RawGrpcClient.Frame(Hello, flag: 1), headers: ("grpc-encoding", "snappy"));
        Assert.Equal("12", response.GrpcStatus);
        Assert.Equal("identity,gzip", response.Headers["grpc-accept-encoding"]);
    }

    [Fact]
    public async Task A_message_over_the_limit_is_refused_by_its_length_alone()
    {
        var response = await shared.Server.Http.PostAsync(RawGrpcClient.Frame(Hello, length: (4 * 1024 * 1024) + 1));
        Assert.Equal("8", response.GrpcStatus);
    }

    [Fact]
    public async Task A_small_message_that_unfolds_over_the_limit_is_refused()
    {
        var bomb = Gzip(new byte[64 * 1024 * 1024]);
        Assert.True(bomb.Length < 100_000);
        var response = await shared.Server.Http.PostAsync(RawGrpcClient.Frame(bomb, flag: 1), headers: ("grpc-encoding", "gzip"));
        Assert.Equal("8", response.GrpcStatus);
    }

    [Fact]
    public async Task A_gzip_request_is_read()
    {
        var response = await shared.Server.Http.PostAsync(
            RawGrpcClient.Frame(Gzip(Hello), flag: 1), headers: ("grpc-encoding", "gzip"));
        Assert.Equal("0", response.GrpcStatus);
        Assert.Equal(RawGrpcClient.Frame(new EchoResponse { Text = "hello" }), response.Body);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/grpc-web")]
    [InlineData("application/grpcx")]
    public async Task Another_content_type_is_an_unsupported_media_type(string contentType)
    {
        var response = await shared.Server.Http.PostAsync(RawGrpcClient.Frame(Hello), contentType: contentType);
        Assert.Equal(415, response.HttpStatus);
    }

    [Theory]
    [InlineData("application/grpc+proto")]
    [InlineData("application/grpc; charset=utf-8")]
    public async Task Variants_of_the_content_type_are_grpc(string contentType)
    {
        var response = await shared.Server.Http.PostAsync(RawGrpcClient.Frame(Hello), contentType: contentType);
        Assert.Equal("0", response.GrpcStatus);
    }

    [Fact]
    public async Task Another_http_method_is_not_allowed()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, RawGrpcClient.Unary);
        Assert.Equal(405, (await shared.Server.Http.SendAsync(request)).HttpStatus);
    }

    [Theory]
    [InlineData("/standins.v1.EchoService/Nothing")]
    [InlineData("/standins.v1.NoService/Unary")]
    public async Task An_unknown_method_is_unimplemented(string path)
    {
        var response = await shared.Server.Http.PostAsync(RawGrpcClient.Frame(Hello), path);
        Assert.True(response is { HttpStatus: 200, GrpcStatus: "12", IsTrailersOnly: true }, response.ToString());
    }

    [Fact]
    public async Task An_unknown_path_without_grpc_is_not_found()
    {
        var response = await shared.Server.Http.PostAsync([], "/some/where", contentType: "application/json");
        Assert.Equal(404, response.HttpStatus);
    }

    private static byte[] Gzip(byte[] message)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.SmallestSize))
            gzip.Write(message);
        return compressed.ToArray();
    }
}
