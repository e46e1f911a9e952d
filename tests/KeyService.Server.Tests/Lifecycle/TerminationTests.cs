using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;
using Google.Protobuf;
using Grpc.Core;
using KeyService.Protos.V1;
using KeyService.Server.Tests.Client;
using KeyService.Testing;

namespace KeyService.Server.Tests.Lifecycle;

/// <summary>SIGTERM, as an orchestrator sends it, to the real process.</summary>
public sealed class TerminationTests : IDisposable
{
    private const string Listening = "Now listening on: ";
    private readonly SoftHsm _softHsm = SoftHsm.Create();

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ends_the_watchers_and_the_process_with_0()
    {
        using var process = new Process { StartInfo = await StartInfoAsync() };
        var lines = Channel.CreateUnbounded<string>();
        process.OutputDataReceived += (_, line) => lines.Writer.TryWrite(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => lines.Writer.TryWrite(line.Data ?? "");
        process.Start();
        try
        {
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            await ListeningAsync(lines.Reader); // HTTP
            using var api = new GrpcApi(await ListeningAsync(lines.Reader));
            Assert.Equal(64, (await api.SignAsync(new SignRequest { KeySet = "default", Message = ByteString.CopyFromUtf8("a") })).Signature.Length);
            using var watch = api.Watch("default", TestEnd);
            Assert.True(await watch.ResponseStream.MoveNext(TestEnd));

            await TerminateAsync(process.Id);
            var end = await Refusal.OfAsync(() => watch.ResponseStream.MoveNext(TestEnd).WaitAsync(Eventually.Patience, TestEnd));
            await process.WaitForExitAsync(TestEnd).WaitAsync(Eventually.Patience, TestEnd);
            Assert.Equal((StatusCode.Unavailable, 0), (end.Code, process.ExitCode));
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    public void Dispose() => _softHsm.Dispose();

    private async Task<ProcessStartInfo> StartInfoAsync()
    {
        var token = await _softHsm.AddTokenAsync("terminated", TestEnd);
        var settings = Path.Combine(_softHsm.Folder, "keyservice.json");
        await File.WriteAllTextAsync(settings, JsonSerializer.Serialize(new
        {
            KeyService = new
            {
                Listen = new { Http = "http://127.0.0.1:0", Grpc = "http://127.0.0.1:0" },
                Storage = new { Path = Path.Combine(_softHsm.Folder, "keyservice.db") },
                Providers = new { softhsm = new { Type = "Pkcs11", _softHsm.Module, TokenLabel = token.Label, token.PinFile } },
                KeySets = new Dictionary<string, object> { ["default"] = new { Signers = new object[] { new { Algorithm = "ES256" } } } },
            },
        }), TestEnd);
        var start = new ProcessStartInfo("dotnet", [typeof(KeyServiceHost).Assembly.Location, "--config", settings])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in _softHsm.Environment)
            start.Environment[name] = value;
        return start;
    }

    /// <summary>The next address that the process says it listens on.</summary>
    private static async Task<Uri> ListeningAsync(ChannelReader<string> lines)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestEnd);
        limit.CancelAfter(Eventually.Patience);
        while (true)
        {
            var line = await lines.ReadAsync(limit.Token);
            if (line.IndexOf(Listening, StringComparison.Ordinal) is var at && at >= 0)
                return new Uri(line[(at + Listening.Length)..].Trim());
        }
    }

    private static async Task TerminateAsync(int id)
    {
        var run = await ProcessRun.RunAsync("kill", ["-TERM", id.ToString(CultureInfo.InvariantCulture)], Eventually.Patience, cancellationToken: TestEnd);
        Assert.True(run.ExitCode == 0, run.ToString());
    }
}
