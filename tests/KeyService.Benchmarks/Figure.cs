namespace KeyService.Benchmarks;

/// <summary>One measured figure.</summary>
/// <param name="Name">What was measured, the same in every run.</param>
/// <param name="Baseline">What it is compared with, in the same unit and run; null where it stands alone.</param>
/// <param name="Ratio">Of the value to the baseline; the value itself where there is none.</param>
/// <param name="Bound">What <paramref name="Ratio"/> is to keep; null where nothing was promised.</param>
/// <param name="LowerIsBetter">False where <paramref name="Bound"/> is the least and not the most.</param>
internal sealed record Figure(string Name, string Unit, double Value, double? Baseline, double Ratio, double? Bound, bool LowerIsBetter)
{
    public bool? Keeps => Bound is not { } bound ? null : LowerIsBetter ? Ratio <= bound : Ratio >= bound;

    /// <summary>By what share the ratio moves from one run to the next on a machine that is not ours alone: latencies by more than rates and processor time.</summary>
    public double Tolerance => Name.Contains("p50", StringComparison.Ordinal) ? 0.5 : 0.25;

    /// <summary>By what share it is worse than another: 0.1 for a tenth, below zero for better.</summary>
    public double WorseThan(Figure other) => LowerIsBetter ? (Ratio / other.Ratio) - 1 : (other.Ratio / Ratio) - 1;
}
