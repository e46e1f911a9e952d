using System.Globalization;
using System.Text.RegularExpressions;
using KeyService.Testing;

namespace KeyService.Benchmarks;

/// <summary>wrk as the readers of one URL over HTTP/1.1.</summary>
internal static partial class Wrk
{
    private const int Connections = 16;
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(30);

    /// <returns>No processor time and no latencies: wrk tells neither.</returns>
    /// <param name="entityTag">What the readers have already; null for none.</param>
    public static async Task<Run> RunAsync(Uri url, string? entityTag, TimeSpan duration)
    {
        string[] header = entityTag is null ? [] : ["--header", "If-None-Match: " + entityTag];
        var run = await ProcessRun.RunAsync(
            "wrk",
            ["--threads", "1", "--connections", Number(Connections), "--duration", Number((int)duration.TotalSeconds) + "s", .. header, url.ToString()],
            duration + Slack);
        var answered = Answered().Match(run.Output);
        if (run.ExitCode != 0 || !answered.Success || run.Output.Contains("Non-2xx", StringComparison.Ordinal) || run.Output.Contains("Socket errors", StringComparison.Ordinal))
            throw new InvalidOperationException($"wrk ended with {run.ExitCode}: {run.Output}");
        var elapsed = TimeSpan.FromSeconds(double.Parse(answered.Groups[2].ValueSpan, CultureInfo.InvariantCulture));
        return new Run(long.Parse(answered.Groups[1].ValueSpan, CultureInfo.InvariantCulture), elapsed, TimeSpan.Zero, []);
    }

    [GeneratedRegex(@"(\d+) requests in ([\d.]+)s", RegexOptions.CultureInvariant)]
    private static partial Regex Answered();

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
