using System.Diagnostics;

namespace KeyService.Benchmarks;

/// <summary>Callers of our own, for calls that no load generator makes: each starts the next as soon as the last has returned.</summary>
internal static class Callers
{
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(2);

    /// <returns>No processor time: that of these callers is not wanted.</returns>
    public static async Task<Run> RunAsync(Func<Task> call, int callers)
    {
        var start = Stopwatch.GetTimestamp();
        var times = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            var own = new List<double>();
            while (Stopwatch.GetElapsedTime(start) < Turn)
            {
                var began = Stopwatch.GetTimestamp();
                await call();
                own.Add(Stopwatch.GetElapsedTime(began).TotalMicroseconds);
            }

            return own;
        })));
        var elapsed = Stopwatch.GetElapsedTime(start);
        double[] all = [.. times.SelectMany(own => own).Order()];
        return new Run(all.Length, elapsed, TimeSpan.Zero, all);
    }
}
