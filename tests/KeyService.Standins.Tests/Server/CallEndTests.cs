using System.Diagnostics;
using KeyService.Standins.Tests.Hosting;
using KeyService.Standins.Tests.Protos;
using KeyService.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Standins.Tests.Server;

public sealed class CallEndTests(SharedEchoServer shared) : IClassFixture<SharedEchoServer>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_deadline_ends_a_call_whose_handler_ignores_it()
    {
        var watch = Stopwatch.StartNew();
        var response = await shared.Server.Http.PostAsync(
            RawGrpcClient.Frame(new EchoRequest { Behaviour = Behaviour.IgnoreCancellation }),
            headers: ("grpc-timeout", "100m")).WaitAsync(Patience, TestEnd);

        Assert.True(response is { HttpStatus: 200, GrpcStatus: "4", IsTrailersOnly: true }, response.ToString());
        Assert.True(watch.Elapsed >= TimeSpan.FromMilliseconds(95), $"after {watch.Elapsed}"); // less the coarseness of timers
    }

    [Fact]
    public async Task A_deadline_cancels_the_handlers_token()
    {
        var response = await shared.Server.Http.PostAsync(
            RawGrpcClient.Frame(new EchoRequest { Behaviour = Behaviour.Hang, Id = "deadline" }),
            headers: ("grpc-timeout", "50m")).WaitAsync(Patience, TestEnd);

        Assert.Equal("4", response.GrpcStatus);
        await shared.Server.Calls.CancelledAsync("deadline").WaitAsync(Patience, TestEnd);
    }

    [Fact]
    public async Task A_deadline_ends_a_stream_in_trailers()
    {
        var response = await shared.Server.Http.PostAsync(
            RawGrpcClient.Frame(new StreamRequest { Count = 1, Hang = true }),
            RawGrpcClient.ServerStream,
            headers: ("grpc-timeout", "50m")).WaitAsync(Patience, TestEnd);

        Assert.Equal("4", response.Trailers["grpc-status"]);
        Assert.NotEmpty(response.Body);
    }

    [Fact]
    public async Task A_deadline_that_has_passed_keeps_the_handler_from_running()
    {
        var response = await shared.Server.Http.PostAsync(
            RawGrpcClient.Frame(new EchoRequest { Text = "late" }), headers: ("grpc-timeout", "0n"));
        Assert.Equal("4", response.GrpcStatus);
        Assert.Empty(response.Body);
    }

    [Fact]
    public async Task A_distant_deadline_does_not_disturb()
    {
        var response = await shared.Server.Http.PostAsync(
            RawGrpcClient.Frame(new EchoRequest { Text = "early" }), headers: ("grpc-timeout", "99999999H"));
        Assert.Equal("0", response.GrpcStatus);
    }

    [Fact]
    public async Task A_deadline_longer_than_a_timer_is_kept_to_the_tick()
    {
        var clock = new ManualClock();
        await using var server = await EchoServer.StartAsync(services: services => services.AddSingleton<TimeProvider>(clock));
        var call = server.Http.PostAsync(
            RawGrpcClient.Frame(new EchoRequest { Behaviour = Behaviour.Hang, Id = "long" }), headers: ("grpc-timeout", "48H"));
        await server.Calls.EnteredAsync("long").WaitAsync(Patience, TestEnd);

        clock.Advance(TimeSpan.FromHours(48) - TimeSpan.FromTicks(1));
        Assert.False(server.Calls.CancelledAsync("long").IsCompleted);
        clock.Advance(TimeSpan.FromTicks(1));

        Assert.Equal("4", (await call.WaitAsync(Patience, TestEnd)).GrpcStatus);
    }

    [Theory]
    [InlineData("1s")]
    [InlineData("soon")]
    [InlineData("-1S")]
    public async Task A_malformed_deadline_is_told(string timeout)
    {
        var response = await shared.Server.Http.PostAsync(
            RawGrpcClient.Frame(new EchoRequest()), headers: ("grpc-timeout", timeout));
        Assert.Equal("13", response.GrpcStatus);
    }

    [Fact]
    public async Task A_reset_stream_cancels_the_handlers_token()
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(TestEnd);
        using var call = shared.Server.Client.UnaryAsync(
            new EchoRequest { Behaviour = Behaviour.Hang, Id = "reset" }, cancellationToken: cancellation.Token);
        await shared.Server.Calls.EnteredAsync("reset").WaitAsync(Patience, TestEnd);

        await cancellation.CancelAsync();

        await shared.Server.Calls.CancelledAsync("reset").WaitAsync(Patience, TestEnd);
    }

    [Fact]
    public async Task A_stream_waits_for_its_reader_and_a_deadline_frees_it()
    {
        // The client reads nothing, so flow control stops the handler after some of the 64 MB.
        using var call = shared.Server.Client.ServerStream(
            new StreamRequest { Count = 1000, PayloadSize = 64 * 1024, Id = "slow" },
            new Grpc.Core.Metadata { { "grpc-timeout", "300m" } }, cancellationToken: TestEnd);
        await call.ResponseHeadersAsync.WaitAsync(Patience, TestEnd);

        await shared.Server.Calls.CancelledAsync("slow").WaitAsync(Patience, TestEnd);

        Assert.InRange(shared.Server.Calls.WrittenBy("slow"), 1, 500);
    }

    [Fact]
    public async Task A_write_to_a_caller_who_has_gone_throws()
    {
        using var call = shared.Server.Client.ServerStream(
            new StreamRequest { Count = 1000, PayloadSize = 64 * 1024, Id = "gone" }, cancellationToken: TestEnd);
        await call.ResponseHeadersAsync.WaitAsync(Patience, TestEnd);

        call.Dispose();

        await shared.Server.Calls.CancelledAsync("gone").WaitAsync(Patience, TestEnd);
    }

    [Fact]
    public async Task A_server_that_stops_lets_running_calls_finish()
    {
        await using var server = await EchoServer.StartAsync();
        using var call = server.Client.ServerStreamAsyncHang("last");
        await server.Calls.EnteredAsync("last").WaitAsync(Patience, TestEnd);

        var stopping = server.StopAsync();
        Assert.False(stopping.IsCompleted);
        server.Calls.EndServer();

        Assert.True(await call.ResponseStream.MoveNext(TestEnd));
        Assert.False(await call.ResponseStream.MoveNext(TestEnd));
        await stopping.WaitAsync(Patience, TestEnd);
    }
}
