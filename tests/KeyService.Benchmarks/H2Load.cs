using System.Globalization;
using KeyService.Testing;

namespace KeyService.Benchmarks;

/// <summary>
/// h2load of nghttp2 as the callers: each sends its next call as soon as the last was answered. It takes an answer with a gRPC error for
/// a success, so what counts is what the server says it signed.
/// </summary>
internal static class H2Load
{
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(30);

    /// <param name="callers">All together; as many on each connection.</param>
    public static async Task<Run> RunAsync(BenchServer server, SigningCall call, int callers, int connections, TimeSpan duration)
    {
        using var folder = new TemporaryDirectory();
        await File.WriteAllBytesAsync(folder["body"], call.Body);
        var (signed, cpu) = (await server.SignaturesAsync(), server.ProcessorTime);
        var run = await ProcessRun.RunAsync(
            "h2load",
            [
                "--threads=1", Option("clients", connections), Option("max-concurrent-streams", callers / connections), Option("duration", (int)duration.TotalSeconds),
                "--data=" + folder["body"], "--log-file=" + folder["log"], "--header=content-type: application/grpc", "--header=te: trailers",
                new Uri(server.Grpc, call.Method).ToString(),
            ],
            duration + Slack);
        cpu = server.ProcessorTime - cpu;
        if (run.ExitCode != 0)
            throw new InvalidOperationException($"h2load ended with {run.ExitCode}: {run.Output}");
        signed = await server.SignaturesAsync() - signed;
        var times = (await File.ReadAllLinesAsync(folder["log"])).Select(Microseconds).ToArray();
        // Those under way at the end were signed, too, but not logged.
        if (times.Length == 0 || signed < times.LongLength * call.Signatures || signed > (times.LongLength + callers) * call.Signatures)
            throw new InvalidOperationException($"h2load had {times.Length} answers, but the server made {signed} signatures.");
        Array.Sort(times);
        return new Run((long)signed, duration, cpu, times);
    }

    // start in microseconds, HTTP status, duration in microseconds
    private static double Microseconds(string line) => double.Parse(line.AsSpan(line.LastIndexOf('\t') + 1), CultureInfo.InvariantCulture);

    private static string Option(string name, int value) => string.Create(CultureInfo.InvariantCulture, $"--{name}={value}");
}
