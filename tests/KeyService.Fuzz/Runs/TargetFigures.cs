namespace KeyService.Fuzz.Runs;

/// <summary>What became of the inputs of one target.</summary>
internal sealed class TargetFigures
{
    public int Accepted { get; set; }

    public int Refused { get; set; }

    public TimeSpan Spent { get; set; }

    public TimeSpan Slowest { get; set; }

    public int SlowestSeed { get; set; }
}
