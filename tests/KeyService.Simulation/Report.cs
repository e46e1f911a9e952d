using System.Text;

namespace KeyService.Simulation;

/// <summary>A broken rule as a reader wants it: the seed, the rule, and what led to it.</summary>
internal static class Report
{
    private const int MostLines = 80;

    public static string Of(Outcome outcome)
    {
        var text = new StringBuilder();
        text.AppendLine($"Seed {outcome.Seed} breaks the rule: {outcome.Rule}").AppendLine(outcome.Text);
        var skipped = Math.Max(0, outcome.Timeline.Count - MostLines);
        text.AppendLine($"Timeline in true time, the last {outcome.Timeline.Count - skipped} of {outcome.Timeline.Count} lines:");
        foreach (var line in outcome.Timeline.Skip(skipped))
            text.AppendLine(line);
        return text.ToString();
    }
}
