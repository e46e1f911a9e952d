using KeyService.Server.Tests.Http;
using KeyService.Testing;

namespace KeyService.Server.Tests.Interop;

/// <summary>Other people's gRPC clients against the real server.</summary>
public sealed class PeerTests(PublicServer crippled, SoftHsmTokens tokens) : IClassFixture<PublicServer>
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private static readonly string[] Checks =
        ["sign", "sign_jwt", "sign_batch", "watch_and_rotate", "get_key_set", "error_details", "health", "reflection"];

    [Fact]
    public Task Grpc_js_is_served() => CheckAsync("node", Repository.PathOf("tests", "peers", "node", "service.mjs"), "node");

    // Debian's grpcio belongs to Debian's interpreter, which need not be the first on PATH.
    [Fact]
    public Task Grpc_core_is_served() => CheckAsync("/usr/bin/python3", Repository.PathOf("tests", "peers", "python", "service.py"), "python");

    private async Task CheckAsync(string interpreter, string program, string keySet)
    {
        await using var server = await TestServer.StartAsync(tokens, time: null, ($"KeySets:{keySet}:Signers:0:Algorithm", "ES256"));
        var run = await ProcessRun.RunAsync(
            interpreter, [program, server.GrpcAddress.Authority, Repository.Root, crippled.Server.GrpcAddress.Authority], Limit,
            cancellationToken: TestContext.Current.CancellationToken);

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal(Checks.Select(check => $"ok {check}"), run.Lines.Where(line => line.StartsWith("ok ", StringComparison.Ordinal)));
    }
}
