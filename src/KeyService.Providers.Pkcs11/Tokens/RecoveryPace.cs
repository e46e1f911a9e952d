namespace KeyService.Providers.Pkcs11.Tokens;

/// <summary>
/// How soon after one recovery the next may begin: at once after a quiet time, else with doubling distances, so that a token
/// that recovers only to fail again is not restarted without end. Reads no clock.
/// </summary>
internal sealed class RecoveryPace
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(30);
    private TimeSpan _step;
    private DateTimeOffset _earliest = DateTimeOffset.MinValue;

    /// <summary>The wait before a recovery may begin at <paramref name="now"/>; zero where it may at once.</summary>
    public TimeSpan Wait(DateTimeOffset now) => now >= _earliest ? TimeSpan.Zero : _earliest - now;

    /// <summary>A recovery begins at <paramref name="now"/>.</summary>
    public void Begin(DateTimeOffset now)
    {
        var quiet = now - _earliest > Most;
        _step = quiet ? First : TimeSpan.FromTicks(Math.Min(_step.Ticks * 2, Most.Ticks));
        _earliest = now + _step;
    }

    /// <summary>The wait after the <paramref name="attempt"/>th attempt that failed: 50 ms, doubling up to 10 s.</summary>
    public static TimeSpan Backoff(int attempt) =>
        TimeSpan.FromMilliseconds(Math.Min(50 * Math.Pow(2, Math.Min(attempt, 20) - 1), 10_000));
}
