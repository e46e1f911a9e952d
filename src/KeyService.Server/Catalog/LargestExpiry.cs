namespace KeyService.Server.Catalog;

/// <summary>The latest <c>exp</c> that this process signed with a key. Noted on the hot path: one read where nothing is new, and no lock.</summary>
internal sealed class LargestExpiry
{
    private long _utcTicks;

    /// <summary>Null where this process has signed nothing with the key.</summary>
    public DateTimeOffset? Value => Volatile.Read(ref _utcTicks) is var ticks and not 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    public void Note(DateTimeOffset expiry)
    {
        var ticks = expiry.UtcTicks;
        var seen = Volatile.Read(ref _utcTicks);
        while (ticks > seen)
        {
            var before = Interlocked.CompareExchange(ref _utcTicks, ticks, seen);
            if (before == seen)
                return;
            seen = before;
        }
    }
}
