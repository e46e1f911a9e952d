using Google.Protobuf;
using KeyService.Standins.Tests.Hosting;
using KeyService.Standins.Tests.Protos;

namespace KeyService.Standins.Tests;

public sealed class GrpcServerTests
{
    [Fact]
    public async Task A_message_and_its_status_come_back_in_frames_and_trailers()
    {
        await using var server = await EchoServer.StartAsync();

        var response = await server.Http.PostAsync(RawGrpcClient.Frame(new EchoRequest { Text = "hello" }));

        Assert.Equal(200, response.HttpStatus);
        Assert.Equal("0", response.Trailers["grpc-status"]);
        Assert.Equal(RawGrpcClient.Frame(new EchoResponse { Text = "hello" }), response.Body);
    }

    [Fact]
    public async Task Our_client_calls_our_server()
    {
        await using var server = await EchoServer.StartAsync();

        var reply = await server.Client.UnaryAsync(new EchoRequest { Text = "hello", Payload = ByteString.CopyFrom(new byte[100_000]) }, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal("hello", reply.Text);
        Assert.Equal(100_000, reply.Payload.Length);
    }
}
