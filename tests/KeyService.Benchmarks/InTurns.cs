namespace KeyService.Benchmarks;

/// <summary>A B A B: what else the machine does meets both.</summary>
internal static class InTurns
{
    /// <param name="unmeasured">Rounds before, until the compiler is through with both.</param>
    public static async Task<(Run A, Run B)> RunAsync(Func<Task<Run>> a, Func<Task<Run>> b, int rounds = 2, int unmeasured = 0)
    {
        var (allA, allB) = (new List<Run>(), new List<Run>());
        for (var round = -unmeasured; round < rounds; round++)
        {
            var (ofA, ofB) = (await a(), await b());
            if (round < 0)
                continue;
            allA.Add(ofA);
            allB.Add(ofB);
        }

        return (Run.Of(allA), Run.Of(allB));
    }
}
