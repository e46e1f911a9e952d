using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using KeyService.Standins.Tests.Hosting;
using KeyService.Standins.Tests.Protos;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace KeyService.Standins.Tests.Client;

public sealed class GrpcClientTests(SharedEchoServer shared) : IClassFixture<SharedEchoServer>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    private EchoService.EchoServiceClient Client => shared.Server.Client;

    [Fact]
    public async Task A_unary_call_brings_response_headers_and_trailers()
    {
        var headers = new Metadata { { "x-text", "value" }, { "x-bytes-bin", [1, 2, 3] } };
        using var call = Client.UnaryAsync(
            new EchoRequest { Text = "hello", Behaviour = Behaviour.ReflectMetadata }, headers, cancellationToken: TestEnd);

        Assert.Equal("hello", (await call).Text);
        foreach (var metadata in (Metadata[])[await call.ResponseHeadersAsync, call.GetTrailers()])
        {
            Assert.Equal("value", metadata.GetValue("x-text"));
            Assert.Equal([1, 2, 3], metadata.GetValueBytes("x-bytes-bin"));
        }

        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public void A_blocking_call_brings_its_response() =>
        Assert.Equal("hello", Client.Unary(new EchoRequest { Text = "hello" }, cancellationToken: TestEnd).Text);

    [Fact]
    public async Task A_stream_brings_every_message_in_order()
    {
        using var call = Client.ServerStream(new StreamRequest { Count = 1000, PayloadSize = 100 }, cancellationToken: TestEnd);
        var texts = new List<string>();
        await foreach (var message in call.ResponseStream.ReadAllAsync(TestEnd))
            texts.Add(message.Text);
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"{i}"), texts);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task A_failed_call_throws_its_status_and_details()
    {
        var failure = await Assert.ThrowsAsync<RpcException>(
            async () => await Client.UnaryAsync(new EchoRequest { Behaviour = Behaviour.FailWithDetails }, cancellationToken: TestEnd));
        Assert.Equal((StatusCode.NotFound, "no key set ‘ä’, 100%"), (failure.StatusCode, failure.Status.Detail));
        Assert.Equal("KEY_SET_NOT_FOUND", failure.GetRpcStatus()!.Details[0].Unpack<ErrorInfo>().Reason);
    }

    [Fact]
    public async Task A_stream_that_fails_throws_after_its_messages()
    {
        using var call = Client.ServerStream(new StreamRequest { Count = 1, Fail = true }, cancellationToken: TestEnd);
        Assert.True(await call.ResponseStream.MoveNext(TestEnd));
        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(TestEnd));
        Assert.Equal(StatusCode.NotFound, failure.StatusCode);
        Assert.NotNull(failure.GetRpcStatus());
    }

    [Fact]
    public async Task A_deadline_is_kept_although_the_server_never_answers()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var channel = GrpcChannel.ForAddress($"http://{silent.LocalEndpoint}");
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await new EchoService.EchoServiceClient(channel)
            .EmptyAsync(new EmptyRequest(), deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(100), cancellationToken: TestEnd)
            .ResponseAsync.WaitAsync(Patience, TestEnd));
        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
    }

    [Fact]
    public async Task A_cancelled_call_throws_cancelled()
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(TestEnd);
        using var call = Client.ServerStreamAsyncHang("client");
        Assert.True(await call.ResponseStream.MoveNext(TestEnd));
        var waiting = call.ResponseStream.MoveNext(cancellation.Token);
        await cancellation.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => waiting)).StatusCode);
        await shared.Server.Calls.CancelledAsync("client").WaitAsync(Patience, TestEnd);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_unavailable()
    {
        int port;
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        var failure = await Assert.ThrowsAsync<RpcException>(
            async () => await new EchoService.EchoServiceClient(channel).EmptyAsync(new EmptyRequest(), cancellationToken: TestEnd));
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
    }

    [Fact]
    public async Task A_connection_cut_in_the_middle_of_a_call_is_unavailable()
    {
        await using var server = await EchoServer.StartAsync(options => options.Interceptors.Add<Cut>());

        var unary = await Assert.ThrowsAsync<RpcException>(
            async () => await server.Client.UnaryAsync(new EchoRequest(), cancellationToken: TestEnd));
        using var stream = server.Client.ServerStream(new StreamRequest { Count = 3 }, cancellationToken: TestEnd);
        var streaming = await Assert.ThrowsAsync<RpcException>(async () => await stream.ResponseStream.ReadAllAsync(TestEnd).CountAsync(TestEnd));

        Assert.Equal((StatusCode.Unavailable, StatusCode.Unavailable), (unary.StatusCode, streaming.StatusCode));
    }

    [Fact]
    public async Task A_response_over_the_limit_is_refused()
    {
        using var channel = GrpcChannel.ForAddress(shared.Server.Address, new GrpcChannelOptions { MaxReceiveMessageSize = 1000 });
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await new EchoService.EchoServiceClient(channel)
            .UnaryAsync(new EchoRequest { ResponseSize = 1001 }, cancellationToken: TestEnd));
        Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
    }

    [Fact]
    public async Task Compressed_responses_are_read()
    {
        await using var server = await EchoServer.StartAsync(options => options.ResponseCompressionAlgorithm = "gzip");
        var response = await server.Client.UnaryAsync(
            new EchoRequest { Payload = ByteString.CopyFrom(new byte[100_000]) }, cancellationToken: TestEnd);
        Assert.Equal(100_000, response.Payload.Length);
    }

    [Theory]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(503, StatusCode.Unavailable)]
    [InlineData(418, StatusCode.Unknown)]
    [InlineData(200, StatusCode.Internal)]
    public async Task An_http_answer_that_is_not_grpc_becomes_a_status(int httpStatus, StatusCode expected)
    {
        await using var server = await EchoServer.StartAsync(map: app => app.Run(context =>
        {
            context.Response.StatusCode = httpStatus;
            return context.Response.WriteAsync("not gRPC");
        }), configure: options => options.IgnoreUnknownServices = true);
        using var channel = GrpcChannel.ForAddress(server.Address);
        var elsewhere = new Method<EmptyRequest, EmptyResponse>(
            MethodType.Unary, "no", "where", EmptyMarshaller.Request, EmptyMarshaller.Response);

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await channel.CreateCallInvoker()
            .AsyncUnaryCall(elsewhere, null, new CallOptions(cancellationToken: TestEnd), new EmptyRequest()));
        Assert.Equal(expected, failure.StatusCode);
    }

    [Fact]
    public void Streams_of_requests_are_refused_in_words()
    {
        var refusal = Assert.Throws<NotSupportedException>(() => Client.ClientStream(cancellationToken: TestEnd));
        Assert.Contains("does not stream requests", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<NotSupportedException>(() => Client.Duplex(cancellationToken: TestEnd));
    }

    internal sealed class Cut : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            Abort(context);
            return continuation(request, context);
        }

        public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
            ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            await continuation(request, responseStream, context);
            Abort(context);
        }

        private static void Abort(ServerCallContext context) =>
            context.GetHttpContext().Features.GetRequiredFeature<IConnectionLifetimeFeature>().Abort();
    }

    private static class EmptyMarshaller
    {
        public static Marshaller<EmptyRequest> Request { get; } = Marshallers.Create(message => message.ToByteArray(), EmptyRequest.Parser.ParseFrom);

        public static Marshaller<EmptyResponse> Response { get; } = Marshallers.Create(message => message.ToByteArray(), EmptyResponse.Parser.ParseFrom);
    }
}
