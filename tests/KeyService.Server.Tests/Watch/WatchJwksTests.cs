using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using KeyService.Protos.V1;
using KeyService.Server.Tests.Client;
using KeyService.Testing;

namespace KeyService.Server.Tests.Watch;

#pragma warning disable CA2025 // each task is awaited before its call is disposed of
public sealed class WatchJwksTests(SoftHsmTokens tokens)
{
    /// <summary>Short dates: a rotated key is gone after four minutes.</summary>
    private static readonly (string, string)[] Minutes =
    [
        ("KeySets:default:Propagation", "1m"), ("KeySets:default:MaxTokenLifetime", "1m"), ("KeySets:default:ClockSkew", "1m"), ("KeySets:default:Retention", "1m"),
    ];

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tells_the_keys_at_once_and_after_each_change()
    {
        await using var server = await TestServer.StartAsync(tokens);
        using var call = server.Grpc.Watch("default", TestEnd);
        var first = await NextAsync(call);
        var now = await server.Grpc.GetJwksAsync("default");
        Assert.Equal((now.Etag, now.Revision, now.Jwks, now.MaxAge), (first.Etag, first.Revision, first.Jwks, first.MaxAge));
        var old = Assert.Single(first.Jwks.Keys).Kid;

        await server.Grpc.RotateAsync(new RotateRequest { KeySet = "default" });
        var rotated = await NextAsync(call);
        Assert.Equal(2, rotated.Jwks.Keys.Count);
        Assert.NotEqual(first.Etag, rotated.Etag);
        Assert.True(rotated.Revision > first.Revision);

        await server.Grpc.RevokeAsync(new RevokeKeyRequest { KeySet = "default", Kid = old });
        var revoked = await NextAsync(call);
        Assert.DoesNotContain(old, revoked.Jwks.Keys.Select(key => key.Kid));
        Assert.True(revoked.Revision > rotated.Revision);
    }

    [Fact]
    public async Task Says_nothing_of_a_change_that_leaves_the_keys_as_they_are()
    {
        await using var server = await TestServer.StartAsync(tokens);
        using var call = server.Grpc.Watch("default", TestEnd);
        await NextAsync(call);
        await server.Grpc.UpdateAsync(new UpdateKeySetRequest
        {
            KeySet = "default",
            Spec = new KeySetSpec { Retention = Duration.FromTimeSpan(TimeSpan.FromDays(1)) },
        });
        await server.Grpc.RotateAsync(new RotateRequest { KeySet = "default" });
        Assert.Equal(2, (await NextAsync(call)).Jwks.Keys.Count); // and not the first one once more
    }

    [Fact]
    public async Task Tells_when_a_key_leaves_as_planned()
    {
        var clock = new ManualClock();
        await using var server = await TestServer.StartAsync(tokens, clock, Minutes);
        using var call = server.Grpc.Watch("default", TestEnd);
        var old = Assert.Single((await NextAsync(call)).Jwks.Keys).Kid;
        var rotated = await server.Grpc.RotateAsync(new RotateRequest { KeySet = "default" });
        Assert.Equal(2, (await NextAsync(call)).Jwks.Keys.Count);

        var next = NextAsync(call);
        await AdvanceUntilAsync(clock, () => next.IsCompleted);
        Assert.NotEqual(old, Assert.Single((await next).Jwks.Keys).Kid);
        Assert.True(clock.GetUtcNow() >= rotated.Keys.Single(key => key.Kid == old).Unpublishes.ToDateTimeOffset());
    }

    [Fact]
    public async Task Ends_when_the_last_key_of_a_deleted_set_leaves()
    {
        var clock = new ManualClock();
        await using var server = await TestServer.StartAsync(tokens, clock, Minutes);
        using var call = server.Grpc.Watch("default", TestEnd);
        await NextAsync(call);
        var deleted = await server.Grpc.DeleteAsync(new DeleteKeySetRequest { KeySet = "default" });

        var end = Refusal.OfAsync(() => NextAsync(call));
        await AdvanceUntilAsync(clock, () => end.IsCompleted);
        Assert.Equal((StatusCode.NotFound, "KEY_SET_NOT_FOUND"), ((await end).Code, (await end).Reason));
        Assert.True(clock.GetUtcNow() >= deleted.Keys.Single().Unpublishes.ToDateTimeOffset());
    }

    [Fact]
    public async Task Ends_when_the_server_stops()
    {
        await using var server = await TestServer.StartAsync(tokens);
        using var call = server.Grpc.Watch("default", TestEnd);
        await NextAsync(call);
        var end = Refusal.OfAsync(() => NextAsync(call));
        await server.StopAsync().WaitAsync(Eventually.Patience, TestEnd);
        Assert.Equal((StatusCode.Unavailable, "SHUTTING_DOWN"), ((await end).Code, (await end).Reason));
    }

    [Fact]
    public async Task A_caller_who_leaves_frees_the_call()
    {
        await using var server = await TestServer.StartAsync(tokens);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(TestEnd);
        using var call = server.Grpc.Watch("default", leaving.Token);
        await NextAsync(call);
        Assert.Equal((1, 0), (server.RequestsBegun, server.RequestsEnded));
        await leaving.CancelAsync();
        await Eventually.HoldsAsync(() => server.RequestsEnded == 1, "the server is done with the call");
    }

    [Theory]
    [InlineData("absent", StatusCode.NotFound, "KEY_SET_NOT_FOUND")]
    [InlineData("Default", StatusCode.InvalidArgument, "INVALID_ARGUMENT")]
    public async Task Of_no_set_is_refused_at_once(string keySet, StatusCode code, string reason)
    {
        await using var server = await TestServer.StartAsync(tokens);
        using var call = server.Grpc.Watch(keySet, TestEnd);
        var refusal = await Refusal.OfAsync(() => NextAsync(call));
        Assert.Equal((code, reason, "key_set"), (refusal.Code, refusal.Reason, refusal.Fields.Single()));
    }

    private static async Task<WatchJwksResponse> NextAsync(AsyncServerStreamingCall<WatchJwksResponse> call)
    {
        Assert.True(await call.ResponseStream.MoveNext(TestEnd).WaitAsync(Eventually.Patience, TestEnd), "The stream ended.");
        return call.ResponseStream.Current;
    }

    /// <summary>In steps: the server sets each timer after it has read the clock, so one leap might fall between the two.</summary>
    private static Task AdvanceUntilAsync(ManualClock clock, Func<bool> condition) => Eventually.HoldsAsync(
        () =>
        {
            if (!condition())
                clock.Advance(TimeSpan.FromSeconds(1));
            return condition();
        },
        "the planned change shows");
}
