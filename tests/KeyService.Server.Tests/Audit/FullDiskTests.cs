using System.Net;
using Google.Protobuf;
using KeyService.Core.Audit;
using KeyService.Protos.V1;
using KeyService.Server.Audit.Verification;
using KeyService.Server.Tests.Client;
using KeyService.Testing;
using StatusCode = Grpc.Core.StatusCode;

namespace KeyService.Server.Tests.Audit;

/// <summary>A file system of 64 KiB that is really full. Where the tests may not mount one, they are skipped.</summary>
public sealed class FullDiskTests(SoftHsmTokens tokens) : IAsyncLifetime
{
    private readonly TemporaryDirectory _folder = new();
    private bool _mounted;

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    private string Filler => _folder["filler"];

    public async ValueTask InitializeAsync()
    {
        var run = OperatingSystem.IsLinux() ? await ProcessRun.RunAsync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", _folder.Path], TimeSpan.FromSeconds(10)) : null;
        _mounted = run is { ExitCode: 0 };
    }

    [Fact]
    public async Task On_a_full_disk_nothing_is_signed_until_there_is_space_again()
    {
        Assert.SkipUnless(_mounted, "These tests may not mount a file system here.");
        await using var server = await TestServer.StartAsync(tokens, time: null, ("Audit:Path", _folder["log"]));
        var signed = 1;
        await SignAsync(server, signed);
        FillUp();

        // Room for a few lines may be left in the last block.
        var refusal = default(Refusal);
        for (; refusal is null; signed++)
        {
            Assert.InRange(signed, 1, 100);
            try
            {
                await SignAsync(server, signed + 1);
            }
            catch (Grpc.Core.RpcException e)
            {
                refusal = Refusal.Of(e);
            }
        }

        signed--; // the last was refused
        Assert.Equal((StatusCode.Unavailable, "AUDIT_UNAVAILABLE"), (refusal.Code, refusal.Reason));
        using (var ready = await server.Http.GetAsync(new Uri("/health/ready", UriKind.Relative), TestEnd))
            Assert.Equal((HttpStatusCode.ServiceUnavailable, true), (ready.StatusCode, (await ready.Content.ReadAsStringAsync(TestEnd)).Contains("the audit log cannot be written", StringComparison.Ordinal)));
        Assert.Equal("AUDIT_UNAVAILABLE", (await Refusal.OfAsync(() => SignAsync(server, signed + 2))).Reason);
        Assert.Equal("AUDIT_UNAVAILABLE", (await Refusal.OfAsync(() => server.Grpc.RotateAsync(new RotateRequest { KeySet = "default" }))).Reason);
        Assert.Single((await server.Grpc.GetKeySetAsync("default")).Keys); // and reading goes on

        File.Delete(Filler);
        await Eventually.HoldsAsync(() => server.Http.GetAsync(new Uri("/health/ready", UriKind.Relative), TestEnd).Result.IsSuccessStatusCode, "it is ready again");
        await SignAsync(server, ++signed);
        await server.StopAsync();

        var lines = AuditFormat.InOrder(Directory.EnumerateFiles(_folder["log"])).SelectMany(File.ReadLines).ToArray();
        Assert.Equal(signed, lines.Count(static line => line.Contains("\"method\":\"Sign\"", StringComparison.Ordinal)));
        Assert.Contains(lines, static line => line.Contains("\"event\":\"resume\",\"lost\":1,", StringComparison.Ordinal));
        Assert.Equal((LogState.Whole, null), LogVerification.Verify(_folder["log"], keys: null, from: null) is var verdict ? (verdict.State, verdict.Fault) : default);
    }

    [Fact]
    public async Task Where_it_does_not_fail_closed_signing_goes_on_and_the_log_tells_how_much_it_misses()
    {
        Assert.SkipUnless(_mounted, "These tests may not mount a file system here.");
        await using var server = await TestServer.StartAsync(tokens, time: null, ("Audit:Path", _folder["log"]), ("Audit:FailClosed", "false"));
        FillUp();
        for (var i = 0; i < 100; i++)
            await SignAsync(server, i);
        var health = await server.Http.GetStringAsync(new Uri("/health/ready", UriKind.Relative), TestEnd); // degraded, but ready
        Assert.Contains("the audit log cannot be written", health, StringComparison.Ordinal);
        File.Delete(Filler);
        await server.StopAsync();
        await Eventually.HoldsAsync(() => AuditFormat.InOrder(Directory.EnumerateFiles(_folder["log"])).SelectMany(File.ReadLines).Any(static line => line.Contains("\"lost\":", StringComparison.Ordinal)), "the loss is told");
    }

    public async ValueTask DisposeAsync()
    {
        if (_mounted)
            Assert.Equal(0, (await ProcessRun.RunAsync("umount", [_folder.Path], TimeSpan.FromSeconds(10))).ExitCode);
        _folder.Dispose();
    }

    private static Task<SignResponse> SignAsync(TestServer server, int number) =>
        server.Grpc.SignAsync(new SignRequest { KeySet = "default", Message = ByteString.CopyFromUtf8($"message {number}") });

    private void FillUp()
    {
        using var filler = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        Assert.Throws<IOException>(() =>
        {
            for (var i = 0; i < 64; i++)
                filler.Write(new byte[4096]);
        });
    }
}
