using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using KeyService.Core.Audit;
using KeyService.Protos.V1;
using KeyService.Server.Audit.Verification;
using KeyService.Server.Tests.Client;
using KeyService.Server.Tests.Rotation;
using KeyService.Testing;

namespace KeyService.Server.Tests.Audit;

/// <summary>The real process under load, killed again and again: whatever signature reached a client has its line.</summary>
public sealed class KillUnderLoadTests(ITestOutputHelper output)
{
    private const int PerSecond = 2000;
    private static readonly Dictionary<string, string> KeySet = [];

    private readonly ConcurrentDictionary<string, string> _received = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<string> _surprises = [];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_signature_that_a_client_received_has_its_line_and_the_chain_verifies()
    {
        var kills = LongForm.Of("KEYSERVICE_AUDIT_KILLS", otherwise: 2);
        var random = new Random(20300101);
        using var folder = new TemporaryDirectory();
        using var server = await ServerProcess.PrepareAsync(KeySet, Cancelled);
        server.Variables["KeyService__Audit__Path"] = folder.Path;
        server.Variables["KeyService__Audit__MaxFileBytes"] = (1 << 20).ToString(CultureInfo.InvariantCulture);
        server.Variables["KeyService__Audit__CheckpointKeySet"] = "soak";
        server.Variables["KeyService__Audit__CheckpointInterval"] = "1s";
        var (asked, jwks) = (0, folder["jwks.json"]);
        for (var kill = 0; kill < kills; kill++)
        {
            await server.StartAsync(Cancelled);
            await File.WriteAllBytesAsync(jwks, await server.Http.GetByteArrayAsync(new Uri("/soak/.well-known/jwks.json", UriKind.Relative), Cancelled), Cancelled);
            var first = asked;
            await using var load = PacedCalls.Start(PerSecond, number => SignAsync(server.Grpc, first + number));
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1200, 2000)), Cancelled);
            await Eventually.HoldsAsync(() => HasCheckpoint(folder.Path), "a checkpoint is written"); // due by now, but a busy machine takes its time
            await server.KillAsync();
            await load.EndAsync();
            asked += load.Begun;
        }

        var lines = LinesByInput(folder.Path);
        output.WriteLine($"{kills} kills, {asked} asked, {_received.Count} received, {lines.Count} lines, {Directory.GetFiles(folder.Path, "*.torn").Length} torn ends.");
        Assert.Empty(_surprises);
        Assert.True(_received.Count > kills * 100, $"{_received.Count} signatures only.\n{server.Output}");
        Assert.Empty(_received.Where(received => lines.GetValueOrDefault(received.Key) != received.Value).Take(5));
        using var keys = new CheckpointKeys();
        keys.Add(await File.ReadAllBytesAsync(jwks, Cancelled));
        var verdict = LogVerification.Verify(folder.Path, keys, from: null);
        Assert.True(verdict is { State: LogState.OpenEnd, Fault: null, Checkpoints: > 0 }, verdict.ToString());
    }

    private static bool HasCheckpoint(string path) => Directory.GetFiles(path, "*.jsonl").Any(file =>
    {
        using var log = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return log.ReadToEnd().Contains("\"event\":\"checkpoint\"", StringComparison.Ordinal);
    });

    private async Task SignAsync(GrpcApi grpc, int number)
    {
        var message = BitConverter.GetBytes(number);
        try
        {
            var signed = await grpc.SignAsync(new SignRequest { KeySet = "soak", Message = ByteString.CopyFrom(message) });
            _received[AuditFormat.HashOf(message)] = signed.Kid;
        }
        catch (RpcException e)
        {
            if (e.StatusCode is not (StatusCode.Unavailable or StatusCode.ResourceExhausted or StatusCode.Internal or StatusCode.Cancelled)) // what a broken connection may look like
                _surprises.Add(e.Status.ToString());
        }
    }

    /// <summary>The kid of each signature by the hash of its input, as the log tells it.</summary>
    private static Dictionary<string, string> LinesByInput(string folder)
    {
        var lines = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in AuditFormat.InOrder(Directory.EnumerateFiles(folder)).SelectMany(file => File.ReadLines(file, Encoding.ASCII)))
        {
            if (Member(line, "sha256") is { } input && line.Contains("\"outcome\":\"OK\"", StringComparison.Ordinal))
                lines.Add(input, Member(line, "kid") ?? "");
        }

        return lines;
    }

    /// <summary>By text, since the last line may be torn.</summary>
    private static string? Member(string line, string name)
    {
        var at = line.IndexOf($"\"{name}\":\"", StringComparison.Ordinal);
        return at < 0 ? null : line[(at + name.Length + 4)..].Split('"')[0];
    }
}
