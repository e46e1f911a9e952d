using System.Globalization;
using System.Text;
using KeyService.Core.Providers;

namespace KeyService.Server.Doctor;

/// <summary>The reports as tables for a terminal.</summary>
internal static class ReportText
{
    public static string Write(IEnumerable<ProviderReport> reports)
    {
        var text = new StringBuilder();
        foreach (var report in reports)
            Write(text, report);
        return text.ToString();
    }

    private static void Write(StringBuilder text, ProviderReport report)
    {
        text.AppendLine(CultureInfo.InvariantCulture, $"Provider {report.Name}: {(report.Works ? "works" : "FAILS")}");
        if (report.CheckMilliseconds is { } check)
            Line(text, "check", Milliseconds(check));
        if (report.Facts is { } facts)
            Write(text, facts);
        foreach (var (setting, value) in report.Guard)
            Line(text, setting, value);
        foreach (var failure in report.Failures)
            Write(text, failure);
        if (report.Algorithms.Count > 0)
        {
            text.AppendLine();
            text.AppendLine(CultureInfo.InvariantCulture, $"  {"algorithm",-10} {"create",10} {"signed",7} {"p50",10} {"p99",10} {"longest",10}  private key stays inside");
            foreach (var algorithm in report.Algorithms)
                Write(text, algorithm);
        }

        text.AppendLine();
    }

    private static void Write(StringBuilder text, ProviderFacts facts)
    {
        foreach (var (name, value) in facts.Backend)
            Line(text, name, value);
        Line(text, "mechanisms", string.Join(", ", facts.Mechanisms));
        Line(text, "encoding", facts.SignatureEncoding);
        foreach (var (name, value) in facts.Limits)
            Line(text, name, value);
        Line(text, "clock skew", facts.ClockSkew is { } skew ? string.Create(CultureInfo.InvariantCulture, $"{skew.TotalSeconds:0.0} s") : "the backend shows no clock");
    }

    private static void Write(StringBuilder text, AlgorithmReport report)
    {
        if (report.LargestInput == 0)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {report.Algorithm,-10} not offered");
            return;
        }

        var latency = report.Latency;
        text.AppendLine(CultureInfo.InvariantCulture,
            $"  {report.Algorithm,-10} {Milliseconds(report.CreateMilliseconds),10} {latency?.Count ?? 0,7} {Milliseconds(latency?.P50),10} {Milliseconds(latency?.P99),10} {Milliseconds(latency?.Longest),10}  {Evidence(report)}");
        if (report.Failure is { } failure)
            Write(text, failure);
    }

    private static string Evidence(AlgorithmReport report) =>
        report.Evidence.Count == 0 ? "-" : string.Join(", ", report.Evidence.Select(evidence => $"{evidence.Name}={evidence.Value}"));

    private static void Write(StringBuilder text, Failure failure)
    {
        text.AppendLine(CultureInfo.InvariantCulture, $"  ! {failure.Step}: {failure.Error}: {failure.Message}");
        foreach (var cause in failure.Causes)
            text.AppendLine(CultureInfo.InvariantCulture, $"      because: {cause}");
    }

    private static void Line(StringBuilder text, string name, string value) =>
        text.AppendLine(CultureInfo.InvariantCulture, $"  {name,-24} {value}");

    private static string Milliseconds(double? value) =>
        value is { } milliseconds ? string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.00} ms") : "-";
}
