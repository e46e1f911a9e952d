namespace KeyService.Simulation;

/// <summary>What became of one run.</summary>
/// <param name="Rule">The rule that was broken; null where all held.</param>
internal sealed record Outcome(int Seed, string? Rule, string Text, RunFigures Figures, IReadOnlyList<string> Timeline);
