namespace KeyService.Benchmarks;

/// <summary>A B A B: what else the machine does meets all of them.</summary>
internal static class InTurns
{
    public static async Task<(Run A, Run B)> RunAsync(Func<Task<Run>> a, Func<Task<Run>> b, int rounds = 2, int unmeasured = 0)
    {
        var runs = await RunAsync([a, b], rounds, unmeasured);
        return (runs[0], runs[1]);
    }

    /// <param name="unmeasured">Rounds before, until the compiler is through with all.</param>
    public static async Task<Run[]> RunAsync(Func<Task<Run>>[] all, int rounds, int unmeasured)
    {
        var runs = new List<Run>[all.Length];
        for (var round = -unmeasured; round < rounds; round++)
        {
            for (var i = 0; i < all.Length; i++)
            {
                var run = await all[i]();
                if (round >= 0)
                    (runs[i] ??= []).Add(run);
            }
        }

        return [.. runs.Select(Run.Of)];
    }
}
