using System.Globalization;
using System.Text.RegularExpressions;
using KeyService.Testing;

namespace KeyService.Benchmarks;

/// <summary>wrk as the readers of one URL over HTTP/1.1.</summary>
internal static partial class Wrk
{
    private const int Connections = 16;
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(30);

    /// <returns>Answers a second.</returns>
    /// <param name="entityTag">What the readers have already; null for none.</param>
    public static async Task<double> RunAsync(Uri url, string? entityTag, TimeSpan duration)
    {
        string[] header = entityTag is null ? [] : ["--header", "If-None-Match: " + entityTag];
        var run = await ProcessRun.RunAsync(
            "wrk",
            ["--threads", "1", "--connections", Number(Connections), "--duration", Number((int)duration.TotalSeconds) + "s", .. header, url.ToString()],
            duration + Slack);
        var rate = Rate().Match(run.Output);
        if (run.ExitCode != 0 || !rate.Success || run.Output.Contains("Non-2xx", StringComparison.Ordinal) || run.Output.Contains("Socket errors", StringComparison.Ordinal))
            throw new InvalidOperationException($"wrk ended with {run.ExitCode}: {run.Output}");
        return double.Parse(rate.Groups[1].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)", RegexOptions.CultureInvariant)]
    private static partial Regex Rate();

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
