namespace KeyService.Server.Guard;

/// <summary>
/// So many permits in a window, refilled evenly; a full window's worth may be taken at once after a pause. Kept as the one
/// instant until which all that was taken would have been refilled, so that taking is one compare-and-swap.
/// </summary>
internal sealed class TokenBucket(int permits, TimeSpan window, TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private readonly double _ticksPerPermit = (double)window.Ticks / permits;
    private long _spentUntil = -window.Ticks;

    /// <returns>Zero where the permits were taken, else how long until there are enough of them.</returns>
    public TimeSpan Take(int count)
    {
        while (true)
        {
            var now = time.GetElapsedTime(_start).Ticks;
            var before = Volatile.Read(ref _spentUntil);
            var after = Math.Max(before, now - window.Ticks) + Cost(count);
            if (after > now)
                return TimeSpan.FromTicks(after - now);
            if (Interlocked.CompareExchange(ref _spentUntil, after, before) == before)
                return TimeSpan.Zero;
        }
    }

    /// <summary>Gives permits back that were taken for a call that was not made.</summary>
    public void GiveBack(int count) => Interlocked.Add(ref _spentUntil, -Cost(count));

    private long Cost(int count) => (long)Math.Ceiling(count * _ticksPerPermit);
}
