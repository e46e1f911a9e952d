namespace KeyService.Benchmarks;

/// <summary>What a timed run gave.</summary>
/// <param name="Calls">That were answered well.</param>
/// <param name="Cpu">Processor time of what was measured: the server's, or this process's own where the token is asked directly. Never that of the load.</param>
/// <param name="Microseconds">How long each call took, sorted.</param>
internal sealed record Run(long Calls, TimeSpan Elapsed, TimeSpan Cpu, double[] Microseconds)
{
    public double PerSecond => Calls / Elapsed.TotalSeconds;

    /// <summary>Microseconds of a call.</summary>
    public double CpuOfCall => Cpu.TotalMicroseconds / Calls;

    /// <summary>Microseconds that a call took at the most, of the fastest <paramref name="share"/> of calls.</summary>
    public double Percentile(double share) => Microseconds[(int)(share * (Microseconds.Length - 1))];

    /// <summary>Several rounds as one.</summary>
    public static Run Of(IReadOnlyCollection<Run> rounds)
    {
        var all = rounds.SelectMany(round => round.Microseconds).ToArray();
        Array.Sort(all);
        return new Run(
            rounds.Sum(round => round.Calls), TimeSpan.FromTicks(rounds.Sum(round => round.Elapsed.Ticks)), TimeSpan.FromTicks(rounds.Sum(round => round.Cpu.Ticks)), all);
    }
}
