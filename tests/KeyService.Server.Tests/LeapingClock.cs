namespace KeyService.Server.Tests;

/// <summary>
/// A date that the test moves, over time that passes by itself. When the date leaps by an hour, the server's work for that hour has
/// not been done yet: what it measures as elapsed, such as the age of its catalog, must not leap along.
/// </summary>
internal sealed class LeapingClock(TimeProvider clock) : TimeProvider
{
    public override long TimestampFrequency => System.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

    public override long GetTimestamp() => System.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        clock.CreateTimer(callback, state, dueTime, period);
}
