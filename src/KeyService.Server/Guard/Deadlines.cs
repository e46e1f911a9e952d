using System.Collections.Concurrent;

namespace KeyService.Server.Guard;

/// <summary>Tokens that fall after a time or with the caller's. Kept for use again: a signature has one each.</summary>
internal sealed class Deadlines(TimeProvider time)
{
    private const int MostKept = 256;
    private readonly ConcurrentQueue<CancellationTokenSource> _kept = new();

    /// <summary>Owes a <see cref="Return"/>.</summary>
    public (CancellationTokenSource Source, CancellationTokenRegistration Caller) Rent(TimeSpan limit, CancellationToken caller)
    {
        if (!_kept.TryDequeue(out var source))
            source = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        source.CancelAfter(limit > TimeSpan.Zero ? limit : TimeSpan.Zero);
        return (source, caller.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), source));
    }

    public void Return(CancellationTokenSource source, CancellationTokenRegistration caller)
    {
        caller.Dispose(); // waits for a cancellation under way: after this nobody else holds the source
        if (_kept.Count < MostKept && source.TryReset())
            _kept.Enqueue(source);
        else
            source.Dispose();
    }
}
