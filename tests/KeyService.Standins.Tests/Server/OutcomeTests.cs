using Google.Rpc;
using KeyService.Standins.Tests.Hosting;
using KeyService.Standins.Tests.Protos;

namespace KeyService.Standins.Tests.Server;

public sealed class OutcomeTests(SharedEchoServer shared) : IClassFixture<SharedEchoServer>
{
    [Fact]
    public async Task A_message_comes_back_in_a_frame_and_its_status_in_the_trailers()
    {
        var response = await shared.Server.Http.PostAsync(RawGrpcClient.Frame(new EchoRequest { Text = "hello" }));

        Assert.Equal(200, response.HttpStatus);
        Assert.Equal("0", response.Trailers["grpc-status"]);
        Assert.Equal(RawGrpcClient.Frame(new EchoResponse { Text = "hello" }), response.Body);
        Assert.DoesNotContain("grpc-status", response.Headers.Keys);
    }

    [Fact]
    public async Task An_exception_of_the_handler_is_unknown_and_tells_nothing()
    {
        var response = await shared.Server.Http.PostAsync(RawGrpcClient.Frame(new EchoRequest { Behaviour = Behaviour.Throw }));
        Assert.True(response is { HttpStatus: 200, GrpcStatus: "2", IsTrailersOnly: true }, response.ToString());
        Assert.Equal("Exception was thrown by handler.", response.GrpcMessage);
    }

    [Fact]
    public async Task Detailed_errors_tell_the_exception()
    {
        await using var server = await EchoServer.StartAsync(options => options.EnableDetailedErrors = true);
        var response = await server.Http.PostAsync(RawGrpcClient.Frame(new EchoRequest { Behaviour = Behaviour.Throw }));
        Assert.Equal("Exception was thrown by handler. InvalidOperationException: secret detail", response.GrpcMessage);
    }

    [Fact]
    public async Task Error_details_go_into_a_trailer_and_the_message_is_percent_encoded()
    {
        var response = await shared.Server.Http.PostAsync(RawGrpcClient.Frame(new EchoRequest { Behaviour = Behaviour.FailWithDetails }));

        Assert.True(response is { GrpcStatus: "5", IsTrailersOnly: true }, response.ToString());
        Assert.Equal("no key set %E2%80%98%C3%A4%E2%80%99, 100%25", response.GrpcMessage);
        var text = response.Headers["grpc-status-details-bin"];
        var status = Status.Parser.ParseFrom(Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '=')));
        Assert.Equal("KEY_SET_NOT_FOUND", Assert.Single(status.Details).Unpack<ErrorInfo>().Reason);
    }

    [Fact]
    public async Task A_stream_that_fails_after_a_message_ends_in_trailers()
    {
        var response = await shared.Server.Http.PostAsync(
            RawGrpcClient.Frame(new StreamRequest { Count = 2, Fail = true }), RawGrpcClient.ServerStream);

        Assert.Equal("5", response.Trailers["grpc-status"]);
        Assert.Equal(
            [.. RawGrpcClient.Frame(new EchoResponse { Text = "0" }), .. RawGrpcClient.Frame(new EchoResponse { Text = "1" })],
            response.Body);
    }

    [Fact]
    public async Task An_empty_stream_has_headers_and_trailers()
    {
        var response = await shared.Server.Http.PostAsync(RawGrpcClient.Frame(new StreamRequest()), RawGrpcClient.ServerStream);
        Assert.Equal("0", response.Trailers["grpc-status"]);
        Assert.Empty(response.Body);
    }

    [Fact]
    public async Task A_response_over_the_limit_fails_as_resource_exhausted()
    {
        await using var server = await EchoServer.StartAsync(options => options.MaxSendMessageSize = 1000);
        var response = await server.Http.PostAsync(RawGrpcClient.Frame(new EchoRequest { ResponseSize = 1001 }));
        Assert.Equal("8", response.GrpcStatus);
        Assert.Empty(response.Body);
    }

    [Fact]
    public async Task Requests_and_responses_can_stream_both_ways()
    {
        byte[] requests = [.. RawGrpcClient.Frame(new EchoRequest { Text = "a" }), .. RawGrpcClient.Frame(new EchoRequest { Text = "b" })];

        var joined = await shared.Server.Http.PostAsync(requests, "/standins.v1.EchoService/ClientStream");
        var echoed = await shared.Server.Http.PostAsync(requests, "/standins.v1.EchoService/Duplex");

        Assert.Equal(RawGrpcClient.Frame(new EchoResponse { Text = "a,b" }), joined.Body);
        Assert.Equal(
            [.. RawGrpcClient.Frame(new EchoResponse { Text = "a" }), .. RawGrpcClient.Frame(new EchoResponse { Text = "b" })],
            echoed.Body);
        Assert.Equal(("0", "0"), (joined.GrpcStatus, echoed.GrpcStatus));
    }

    [Fact]
    public async Task Responses_are_compressed_for_callers_that_accept_it()
    {
        await using var server = await EchoServer.StartAsync(options => options.ResponseCompressionAlgorithm = "gzip");
        var request = RawGrpcClient.Frame(new EchoRequest { ResponseSize = 100_000 });

        var compressed = await server.Http.PostAsync(request, headers: ("grpc-accept-encoding", "identity, gzip"));
        var plain = await server.Http.PostAsync(request);

        Assert.Equal(("gzip", 1), (compressed.Headers["grpc-encoding"], compressed.Body[0]));
        Assert.True(compressed.Body.Length < 1000);
        Assert.DoesNotContain("grpc-encoding", plain.Headers.Keys);
        Assert.Equal(0, plain.Body[0]);
    }

    [Fact]
    public async Task Metadata_goes_both_ways_as_text_and_as_bytes()
    {
        var response = await shared.Server.Http.PostAsync(
            RawGrpcClient.Frame(new EchoRequest { Behaviour = Behaviour.ReflectMetadata }),
            headers: [("x-text", "value"), ("x-padded-bin", "AQI="), ("x-joined-bin", "AQ,Ag==")]);

        foreach (var place in (IReadOnlyDictionary<string, string>[])[response.Headers, response.Trailers])
        {
            Assert.Equal("value", place["x-text"]);
            Assert.Equal("AQI", place["x-padded-bin"]);
            Assert.Equal("AQ, Ag", place["x-joined-bin"]);
        }
    }
}
