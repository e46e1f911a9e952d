using System.Globalization;
using System.Text;

namespace KeyService.Fuzz.Runs;

/// <summary>How a run ended.</summary>
/// <param name="Findings">The first of each target.</param>
/// <param name="Figures">By the target's name.</param>
internal sealed record RunReport(IReadOnlyList<Finding> Findings, IReadOnlyDictionary<string, TargetFigures> Figures, TimeSpan Elapsed, MemoryWatch Memory)
{
    public int Inputs => Figures.Values.Sum(figures => figures.Accepted + figures.Refused);

    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{"target",-20} {"inputs",9} {"accepted",9} {"",6} {"µs each",8} {"slowest ms",10}  of seed");
        foreach (var (name, figures) in Figures.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var inputs = figures.Accepted + figures.Refused;
            text.AppendLine(CultureInfo.InvariantCulture, $"{name,-20} {inputs,9} {figures.Accepted,9} {(double)figures.Accepted / Math.Max(inputs, 1),6:P0} {figures.Spent.TotalMicroseconds / Math.Max(inputs, 1),8:0.0} {figures.Slowest.TotalMilliseconds,10:0.0}  {figures.SlowestSeed}");
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"{Inputs} inputs in {Elapsed.TotalSeconds:0} s, {Inputs / Elapsed.TotalSeconds:0} a second. {Memory}");
        return text.AppendJoin(Environment.NewLine, Findings.Select(finding => $"FOUND {finding}").DefaultIfEmpty("No finding.")).ToString();
    }
}
