using System.Diagnostics;

namespace KeyService.Benchmarks;

/// <summary>A caller of our own, for calls that no load generator makes: it starts the next as soon as the last has returned.</summary>
internal static class OneCaller
{
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(2);

    /// <returns>No processor time: that of the caller is not wanted.</returns>
    public static async Task<Run> RunAsync(Func<Task> call)
    {
        var times = new List<double>();
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < Turn)
        {
            var began = Stopwatch.GetTimestamp();
            await call();
            times.Add(Stopwatch.GetElapsedTime(began).TotalMicroseconds);
        }

        return new Run(times.Count, Stopwatch.GetElapsedTime(start), TimeSpan.Zero, [.. times.Order()]);
    }
}
