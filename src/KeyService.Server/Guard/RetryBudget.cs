namespace KeyService.Server.Guard;

/// <summary>
/// Keeps retries from multiplying an outage: one for every ten calls, and a few in each second besides, so that a quiet server
/// may retry too.
/// </summary>
internal sealed class RetryBudget(TimeProvider time)
{
    private const int CallsPerRetry = 10;
    private const int MostSaved = 100 * CallsPerRetry;
    private const int PerSecond = 5;
    private readonly TokenBucket _floor = new(PerSecond, TimeSpan.FromSeconds(1), time);
    private int _saved;

    /// <summary>A call was made, whatever became of it.</summary>
    public void Count()
    {
        // Racing callers may pass the brim by a few: it is a brim, not a rule.
        if (Volatile.Read(ref _saved) < MostSaved)
            Interlocked.Increment(ref _saved);
    }

    public bool TryTake()
    {
        if (Interlocked.Add(ref _saved, -CallsPerRetry) >= 0)
            return true;
        Interlocked.Add(ref _saved, CallsPerRetry);
        return _floor.Take(1) == TimeSpan.Zero;
    }
}
