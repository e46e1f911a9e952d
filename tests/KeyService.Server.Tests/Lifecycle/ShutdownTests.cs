using Google.Protobuf;
using Grpc.Core;
using KeyService.Protos.V1;
using KeyService.Server.Tests.Client;

namespace KeyService.Server.Tests.Lifecycle;

public sealed class ShutdownTests(SoftHsmTokens tokens)
{
    private const int Calls = 4;
    private const int Items = 96; // RSA of 4096 bits: each call takes long enough to be met in the middle

    private static readonly (string, string)[] Slow =
    [
        ("KeySets:slow:Signers:0:Algorithm", "RS512"), ("KeySets:slow:Signers:0:ModulusBits", "4096"),
    ];

    [Fact]
    public async Task Calls_in_flight_finish_and_new_ones_are_turned_away()
    {
        await using var server = await TestServer.StartAsync(tokens, time: null, Slow);
        var calls = await BeginAsync(server);
        Assert.Contains(calls, call => !call.IsCompleted);

        var stop = server.StopAsync();
        var late = await Refusal.OfAsync(() => SignAsync(server));
        Assert.Equal(StatusCode.Unavailable, late.Code);

        foreach (var call in calls)
        {
            var answer = await call.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
            Assert.All(answer.Results, result => Assert.Equal(512, result.Signed?.Signature.Length));
        }

        await stop.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(StatusCode.Unavailable, (await Refusal.OfAsync(() => SignAsync(server))).Code); // nobody listens any more
        await Assert.ThrowsAsync<HttpRequestException>(() => server.Http.GetStringAsync(new Uri("/health/live", UriKind.Relative), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Calls_that_take_longer_than_the_timeout_are_cut_off()
    {
        await using var server = await TestServer.StartAsync(tokens, time: null, [.. Slow, ("ShutdownTimeout", "0s")]);
        var calls = await BeginAsync(server);
        await server.StopAsync().WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
        var ends = await Task.WhenAll(calls.Select(EndOf)).WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
        Assert.Contains(ends, end => end != StatusCode.OK);
        await Eventually.HoldsAsync(() => server.RequestsEnded == server.RequestsBegun, "every call has left the server");
    }

    /// <summary>Long calls that are past the door. The quick one comes in behind them.</summary>
    private static async Task<Task<SignBatchResponse>[]> BeginAsync(TestServer server)
    {
        var request = new SignBatchRequest { KeySet = "slow", Items = { Enumerable.Repeat(new SignBatchItem { Message = ByteString.CopyFromUtf8("a") }, Items) } };
        var calls = Enumerable.Range(0, Calls).Select(_ => server.Grpc.SignBatchAsync(request)).ToArray();
        await Eventually.HoldsAsync(() => server.RequestsBegun >= Calls, "the calls have reached the server");
        await server.Grpc.GetJwksAsync("default");
        return calls;
    }

    private static async Task<StatusCode> EndOf(Task<SignBatchResponse> call)
    {
        try
        {
            await call;
            return StatusCode.OK;
        }
        catch (RpcException e)
        {
            return e.StatusCode;
        }
    }

    private static Task<SignResponse> SignAsync(TestServer server) =>
        server.Grpc.SignAsync(new SignRequest { KeySet = "default", Message = ByteString.CopyFromUtf8("a") });
}
