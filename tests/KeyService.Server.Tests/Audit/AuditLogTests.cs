using KeyService.Core;
using KeyService.Core.Audit;
using KeyService.Server.Audit;
using KeyService.Server.Audit.Verification;
using KeyService.Server.Configuration;
using KeyService.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Server.Tests.Audit;

#pragma warning disable CA2025 // a log that is disposed of has written what waits in it, or given it up

/// <summary>Groups, waiting and giving up, with a disk that a test holds.</summary>
public sealed class AuditLogTests : IDisposable
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(2);
    private readonly TemporaryDirectory _folder = new();
    private readonly ManualClock _clock = new();
    private readonly SemaphoreSlim _disk = new(1); // the first line of the process goes through
    private readonly AuditMetrics _metrics;
    private int _flushes;
    private volatile bool _diskFails;

    public AuditLogTests() => _metrics = new AuditMetrics(_clock);

    [Fact]
    public async Task Nobody_goes_on_before_the_line_is_on_the_disk_and_those_who_wait_share_one_write()
    {
        using var log = Open(queue: 100);
        var first = Record(log);
        await HeldAsync(1);
        var others = Enumerable.Range(0, 50).Select(_ => Record(log)).ToArray();
        Assert.False(first.IsCompleted || others.Any(other => other.IsCompleted));
        _disk.Release(2);
        await Task.WhenAll([first, .. others]);
        Assert.Equal(3, _flushes); // the line of the start, the first, all others
        Assert.Equal(52, log.Tip.Sequence);
    }

    [Fact]
    public async Task A_disk_that_is_too_slow_is_given_up_on_and_counts_again_once_it_has_written()
    {
        using var log = Open(queue: 100);
        var writing = Record(log);
        await HeldAsync(1);
        var waiting = Record(log);
        _clock.Advance(MaxWait - TimeSpan.FromSeconds(1));
        Assert.False(writing.IsCompleted || waiting.IsCompleted);
        Assert.True(log.IsAvailable);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await AssertUnavailableAsync(writing);
        await AssertUnavailableAsync(waiting);
        Assert.False(log.IsAvailable);
        Assert.Throws<KeyServiceException>(log.ThrowIfUnavailable);

        _disk.Release(100);
        await Eventually.HoldsAsync(() => log.IsAvailable && log.Tip.Sequence == 3, "the disk has written what nobody waited for");
        await Record(log);
        Assert.Equal(4, log.Tip.Sequence);
    }

    [Fact]
    public async Task Where_too_many_wait_the_next_one_waits_for_room_and_then_gives_up()
    {
        using var log = Open(queue: 2);
        var writing = Record(log);
        await HeldAsync(1);
        Task[] waiting = [Record(log), Record(log)];
        var onceTooMany = Record(log);
        _clock.Advance(MaxWait);
        foreach (var task in (Task[])[writing, .. waiting, onceTooMany])
            await AssertUnavailableAsync(task);
        _disk.Release(100);
        await Eventually.HoldsAsync(() => log.Tip.Sequence == 4, "all that was taken is written"); // the one too many has no line
    }

    [Fact]
    public async Task Where_there_is_room_in_time_the_next_one_gets_in()
    {
        using var log = Open(queue: 2);
        var writing = Record(log);
        await HeldAsync(1);
        Task[] all = [writing, Record(log), Record(log), Record(log)];
        _disk.Release(100);
        await Task.WhenAll(all);
        Assert.Equal(5, log.Tip.Sequence);
    }

    [Fact]
    public async Task Where_it_does_not_fail_closed_nobody_waits_and_what_is_lost_is_told()
    {
        using (var log = Open(queue: 2, failClosed: false))
        {
            await Record(log);
            await HeldAsync(1);
            for (var i = 0; i < 5; i++)
                await Record(log);
            _disk.Release(100);
        }

        var lines = AuditFormat.InOrder(Directory.EnumerateFiles(_folder.Path)).SelectMany(File.ReadLines).ToArray();
        Assert.Contains("\"event\":\"resume\",\"lost\":3", lines[2], StringComparison.Ordinal);
        Assert.Equal(5, LogVerification.Verify(_folder.Path, keys: null, from: null).Last);
    }

    [Fact]
    public async Task What_waits_when_the_process_stops_is_written()
    {
        var log = Open(queue: 100);
        _disk.Release(100);
        Task[] all = [.. Enumerable.Range(0, 50).Select(_ => Record(log))];
        log.Dispose();
        await Task.WhenAll(all);
        Assert.Equal(51, LogVerification.Verify(_folder.Path, keys: null, from: null).Last);
    }

    [Fact]
    public async Task Its_metrics_tell_of_lines_the_queue_the_lag_and_of_what_is_lost()
    {
        using var log = Open(queue: 100);
        using var seen = new Measurements(_metrics.Meter);
        var first = Record(log);
        await HeldAsync(1);
        Task[] others = [Record(log), Record(log)];
        Assert.Equal((3, 1), (seen["queue"], seen["working"]));
        _clock.Advance(TimeSpan.FromSeconds(1));
        _disk.Release(1);
        await first;
        Assert.Equal((1, 1, 2), (seen["lines"], seen["lag"], seen["queue"]));

        _diskFails = true;
        _disk.Release(100);
        foreach (var task in others)
            await AssertUnavailableAsync(task);
        Assert.Equal((1, 2, 0, 0), (seen["lines"], seen["lost"], seen["queue"], seen["working"]));
        Assert.True(seen["failed_writes"] >= 1);
        Assert.Null(seen["checkpoint.age"]); // there are none to be made
        _metrics.Checkpointed();
        _clock.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(7, seen["checkpoint.age"]);
        _diskFails = false;
        await Eventually.HoldsAsync(() => log.IsAvailable, "the disk works again");
        Assert.Equal(1, seen["working"]);
    }

    public void Dispose()
    {
        _disk.Dispose();
        _metrics.Dispose();
        _folder.Dispose();
    }

    private static async Task AssertUnavailableAsync(Task task) =>
        Assert.Equal(KeyServiceError.AuditUnavailable, (await Assert.ThrowsAsync<KeyServiceException>(() => task.WaitAsync(Eventually.Patience))).Error);

    private Task Record(AuditLog log) => log.RecordAsync(new AuditRecord { Time = _clock.GetUtcNow(), Event = AuditEvent.End }).AsTask();

    /// <summary>Returns when the disk has been asked to keep one group more than it was let.</summary>
    private Task HeldAsync(int more) => Eventually.HoldsAsync(() => Volatile.Read(ref _flushes) == 1 + more, "the writer is at the disk");

    private AuditLog Open(int queue, bool failClosed = true)
    {
        var settings = new AuditSettings(_folder.Path, failClosed, MaxWait, queue, 1 << 20, null, TimeSpan.FromMinutes(1), 1000);
        return new AuditLog(settings, _clock, _metrics, NullLogger<AuditLog>.Instance, Flush);
    }

    private void Flush()
    {
        Interlocked.Increment(ref _flushes);
        _disk.Wait(Eventually.Patience);
        if (_diskFails)
            throw new IOException("no space");
    }
}
