namespace Grpc.Net.Client;

/// <summary>Watches a call's deadline on the client's side too: the server may be gone.</summary>
internal static class CallDeadline
{
    // Timers hold less than 50 days; a call that long ends by the server's deadline.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(40);

    public static CancellationTokenSource Start(DateTime? deadline, TimeProvider clock)
    {
        if (deadline is null || deadline == DateTime.MaxValue)
            return new CancellationTokenSource();
        if (deadline.Value.Kind == DateTimeKind.Unspecified)
            throw new ArgumentException("A deadline must be in UTC or local time.", nameof(deadline));

        var left = deadline.Value.ToUniversalTime() - clock.GetUtcNow().UtcDateTime;
        if (left > Longest)
            return new CancellationTokenSource();
        if (left > TimeSpan.Zero)
            return new CancellationTokenSource(left, clock);

        var passed = new CancellationTokenSource();
        passed.Cancel();
        return passed;
    }
}
