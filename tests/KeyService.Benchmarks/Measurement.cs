using System.Diagnostics;

namespace KeyService.Benchmarks;

/// <summary>One timed run of a call by several callers, each starting the next as soon as the last has returned.</summary>
internal sealed class Measurement(TimeSpan elapsed, double[] sortedMicroseconds)
{
    /// <summary>How long a run takes: long enough for many calls, short enough for many runs.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(2);

    public int Calls => sortedMicroseconds.Length;

    public double PerSecond => sortedMicroseconds.Length / elapsed.TotalSeconds;

    /// <summary>Microseconds that a call took at the most, of the fastest <paramref name="share"/> of calls.</summary>
    public double Percentile(double share) => sortedMicroseconds[(int)(share * (sortedMicroseconds.Length - 1))];

    public static async Task<Measurement> RunAsync(Func<Task> call, int callers)
    {
        var start = Stopwatch.GetTimestamp();
        var times = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            var own = new List<double>();
            while (Stopwatch.GetElapsedTime(start) < Duration)
            {
                var began = Stopwatch.GetTimestamp();
                await call();
                own.Add(Stopwatch.GetElapsedTime(began).TotalMicroseconds);
            }

            return own;
        })));
        var elapsed = Stopwatch.GetElapsedTime(start);
        var all = times.SelectMany(own => own).ToArray();
        Array.Sort(all);
        return new Measurement(elapsed, all);
    }
}
