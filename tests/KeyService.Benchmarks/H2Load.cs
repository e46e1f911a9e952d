using System.Diagnostics;
using System.Globalization;
using KeyService.Testing;

namespace KeyService.Benchmarks;

/// <summary>
/// h2load of nghttp2 as the callers: each sends its next call as soon as the last was answered.
/// </summary>
internal static class H2Load
{
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(30);

    /// <summary>Calls of the service. h2load takes an answer with a gRPC error for a success, so what counts is what the server says it signed.</summary>
    /// <param name="callers">All together; as many on each connection.</param>
    public static async Task<Run> RunAsync(BenchServer server, SigningCall call, int callers, int connections, TimeSpan duration)
    {
        var signed = await server.SignaturesAsync();
        var run = await RunAsync(server.Process, new Uri(server.Grpc, call.Method), call.Body, callers, connections, duration);
        signed = await server.SignaturesAsync() - signed;
        // Those under way at the end were signed, too, but not logged.
        if (signed < run.Calls * call.Signatures || signed > (run.Calls + callers) * call.Signatures)
            throw new InvalidOperationException($"h2load had {run.Calls} answers, but the server made {signed} signatures.");
        return run with { Calls = (long)signed };
    }

    /// <summary>Calls of any server.</summary>
    /// <param name="server">Whose processor time is measured.</param>
    public static async Task<Run> RunAsync(Process server, Uri method, byte[] body, int callers, int connections, TimeSpan duration)
    {
        using var folder = new TemporaryDirectory();
        await File.WriteAllBytesAsync(folder["body"], body);
        var cpu = server.Refreshed().TotalProcessorTime;
        var run = await ProcessRun.RunAsync(
            "h2load",
            [
                "--threads=1", Option("clients", connections), Option("max-concurrent-streams", callers / connections), Option("duration", (int)duration.TotalSeconds),
                "--data=" + folder["body"], "--log-file=" + folder["log"], "--header=content-type: application/grpc", "--header=te: trailers",
                method.ToString(),
            ],
            duration + Slack);
        cpu = server.Refreshed().TotalProcessorTime - cpu;
        if (run.ExitCode != 0)
            throw new InvalidOperationException($"h2load ended with {run.ExitCode}: {run.Output}");
        double[] times = [.. (await File.ReadAllLinesAsync(folder["log"])).Select(Microseconds).Order()];
        return times.Length > 0 ? new Run(times.Length, duration, cpu, times) : throw new InvalidOperationException("h2load had no answer.");
    }

    // start in microseconds, HTTP status, duration in microseconds
    private static double Microseconds(string line) => double.Parse(line.AsSpan(line.LastIndexOf('\t') + 1), CultureInfo.InvariantCulture);

    private static string Option(string name, int value) => string.Create(CultureInfo.InvariantCulture, $"--{name}={value}");
}
