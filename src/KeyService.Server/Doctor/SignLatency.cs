namespace KeyService.Server.Doctor;

/// <summary>Latencies of signatures made one after the other, in milliseconds.</summary>
internal sealed record SignLatency(int Count, double P50, double P99, double Longest)
{
    /// <summary>By the nearest rank: of few samples, p99 is the longest.</summary>
    public static SignLatency Of(List<TimeSpan> taken)
    {
        taken.Sort();
        return new SignLatency(taken.Count, Rank(0.50), Rank(0.99), taken[^1].TotalMilliseconds);

        double Rank(double share) => taken[(int)Math.Ceiling(share * taken.Count) - 1].TotalMilliseconds;
    }
}
