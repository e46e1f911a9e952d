namespace KeyService.Simulation;

/// <summary>What happened in a run: two runs of one seed are alike in all of it.</summary>
internal readonly record struct RunFigures(
    long Steps, int Keys, int Signed, int Refused, int Overtaken, int Changes, int Answers, int Accepted, int Excused, TimeSpan WorstRevocation)
{
    public static RunFigures operator +(RunFigures a, RunFigures b) => new(
        a.Steps + b.Steps, a.Keys + b.Keys, a.Signed + b.Signed, a.Refused + b.Refused, a.Overtaken + b.Overtaken, a.Changes + b.Changes,
        a.Answers + b.Answers, a.Accepted + b.Accepted, a.Excused + b.Excused, a.WorstRevocation > b.WorstRevocation ? a.WorstRevocation : b.WorstRevocation);
}
