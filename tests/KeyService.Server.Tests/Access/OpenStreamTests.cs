using Grpc.Core;
using KeyService.Protos.V1;
using KeyService.Server.Rotation;
using KeyService.Server.Tests.Client;
using KeyService.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Server.Tests.Access;

#pragma warning disable CA2025 // each task is awaited before its call is disposed of

/// <summary>A stream is not let go on for what its caller was allowed when it began.</summary>
public sealed class OpenStreamTests(SoftHsmTokens tokens)
{
    private const string Both = """
        version: 1
        principals:
          - { name: one, match: [ { dns: one.example }, { jwt: { issuer: "https://login.example", subject: "*" } } ], grants: [ { keySets: "*", permissions: read } ] }
          - { name: other, match: [ { dns: other.example } ], grants: [ { keySets: "$OTHERS", permissions: read } ] }
        privateJwks: [ "$PRIVATE" ]
        """;

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_changed_policy_ends_the_streams_of_those_who_may_read_no_more_and_no_others()
    {
        await using var secured = await SecuredServer.StartAsync(tokens, Policy("*", "hidden-*"));
        using var one = secured.Authority.Issue("CN=x", names: ["one.example"]);
        using var other = secured.Authority.Issue("CN=x", names: ["other.example"]);
        using var staying = secured.Api(one).Watch("default", TestEnd);
        using var leaving = secured.Api(other).Watch("default", TestEnd);
        using var stranger = secured.Api().Watch("default", TestEnd);
        foreach (var call in (AsyncServerStreamingCall<WatchJwksResponse>[])[staying, leaving, stranger])
            Assert.Single((await NextAsync(call)).Jwks.Keys);

        secured.Write("policy.yaml", Policy("elsewhere", "default"));
        Assert.Equal((StatusCode.PermissionDenied, "PERMISSION_DENIED"), await EndAsync(leaving));
        Assert.Equal((StatusCode.Unauthenticated, "UNAUTHENTICATED"), await EndAsync(stranger));
        await RotateAsync(secured);
        Assert.Equal(2, (await NextAsync(staying)).Jwks.Keys.Count); // the next that it hears
    }

    [Fact]
    public async Task A_stream_that_needs_proof_ends_when_the_proof_expires()
    {
        var clock = new ManualClock(TimeProvider.System.GetUtcNow()); // TLS and tokens look at real time, too
        await using var secured = await SecuredServer.StartAsync(tokens, Policy("*", "hidden"), clock);
        var rotator = secured.Server.Services.GetRequiredService<KeyRotator>();
        await rotator.CreateAsync(new Core.Keys.KeySet
        {
            Name = "hidden",
            Created = clock.GetUtcNow(),
            Signers = [Core.Keys.KeySetRules.Signer(Core.Signing.SigningAlgorithm.ES256, "softhsm", 0)],
            Policy = Core.Keys.KeySetRules.Defaults,
        }, requestId: null, TestEnd);
        var life = TimeSpan.FromMinutes(10);
        var token = secured.Issuer.Token(("exp", (clock.GetUtcNow() + life).ToUnixTimeSeconds()));
        using var certificate = secured.Authority.Issue("CN=x", names: ["one.example"], age: -life);
        using var byToken = secured.Api(token: token).Watch("hidden", TestEnd);
        using var byCertificate = secured.Api(certificate).Watch("hidden", TestEnd);
        using var needless = secured.Api(token: token).Watch("default", TestEnd);
        foreach (var call in (AsyncServerStreamingCall<WatchJwksResponse>[])[byToken, byCertificate, needless])
            await NextAsync(call);

        var ends = Task.WhenAll(EndAsync(byToken), EndAsync(byCertificate));
        clock.Advance(life - TimeSpan.FromMinutes(1));
        Assert.False(ends.IsCompleted);
        await Eventually.HoldsAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromSeconds(1)); // in steps: each stream sets its timer after it has read the clock
                return ends.IsCompleted;
            },
            "the streams end");
        Assert.All(await ends, end => Assert.Equal((StatusCode.Unauthenticated, "UNAUTHENTICATED"), end));
        await RotateAsync(secured);
        Assert.Equal(2, (await NextAsync(needless)).Jwks.Keys.Count); // public keys are for whoever proves nothing
    }

    private static string Policy(string others, string hidden) =>
        Both.Replace("$OTHERS", others, StringComparison.Ordinal).Replace("$PRIVATE", hidden, StringComparison.Ordinal);

    private static Task<Core.Keys.KeySet> RotateAsync(SecuredServer secured) =>
        secured.Server.Services.GetRequiredService<KeyRotator>().RotateAsync("default", new RotateCommand(RequestId: null, Emergency: false), TestEnd);

    private static async Task<WatchJwksResponse> NextAsync(AsyncServerStreamingCall<WatchJwksResponse> call)
    {
        Assert.True(await call.ResponseStream.MoveNext(TestEnd).WaitAsync(Eventually.Patience, TestEnd), "The stream ended.");
        return call.ResponseStream.Current;
    }

    private static async Task<(StatusCode Code, string? Reason)> EndAsync(AsyncServerStreamingCall<WatchJwksResponse> call)
    {
        var refusal = await Refusal.OfAsync(() => NextAsync(call));
        return (refusal.Code, refusal.Reason);
    }
}
