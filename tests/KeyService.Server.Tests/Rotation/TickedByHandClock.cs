namespace KeyService.Server.Tests.Rotation;

/// <summary>
/// A moved clock whose periodic timers stand still: the test does each round of the rotation worker itself and so knows when it
/// is over. Else time would leap while a round is still at work, and time out what takes a millisecond.
/// </summary>
internal sealed class TickedByHandClock(TimeProvider clock) : TimeProvider
{
    public override long TimestampFrequency => clock.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

    public override long GetTimestamp() => clock.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        clock.CreateTimer(callback, state, period > TimeSpan.Zero ? Timeout.InfiniteTimeSpan : dueTime, period);
}
