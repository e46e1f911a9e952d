using KeyService.Standins.Tests.Hosting;
using KeyService.Testing;

namespace KeyService.Standins.Tests.Peers;

/// <summary>Other people's gRPC clients against the stand-in server.</summary>
public sealed class PeerTests(SharedEchoServer shared) : IClassFixture<SharedEchoServer>
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static readonly string[] Everywhere =
    [
        "unary", "server_streaming", "duplex_streaming", "deadline", "cancellation", "gzip", "binary_metadata", "error_details",
        "handler_exception", "unknown_method", "too_large", "hundred_streams", "connection_cut",
    ];

    [Fact]
    public Task Grpc_js_is_served() => CheckAsync(
        "node", Repository.PathOf("tests", "peers", "node", "standins.mjs"), [.. Everywhere, "deadline_told_by_server"]);

    // Debian's grpcio belongs to Debian's interpreter, which need not be the first on PATH.
    [Fact]
    public Task Grpc_core_is_served() => CheckAsync(
        "/usr/bin/python3", Repository.PathOf("tests", "peers", "python", "standins.py"), [.. Everywhere, "client_streaming"]);

    private async Task CheckAsync(string interpreter, string program, string[] checks)
    {
        var proto = Repository.PathOf("tests", "KeyService.Standins.Tests", "protos", "echo.proto");
        await using var compressing = await EchoServer.StartAsync(options => options.ResponseCompressionAlgorithm = "gzip");
        var run = await ProcessRun.RunAsync(
            interpreter,
            [program, shared.Server.Address.Authority, compressing.Address.Authority, proto],
            Limit,
            cancellationToken: TestContext.Current.CancellationToken);

        Assert.True(run.ExitCode == 0, $"exit code {run.ExitCode?.ToString(provider: null) ?? "none: out of time"}\n{run.Output}");
        Assert.Equal(checks.Select(check => $"ok {check}").Order(), run.Lines.Where(line => line.StartsWith("ok ", StringComparison.Ordinal)).Order());
    }
}
