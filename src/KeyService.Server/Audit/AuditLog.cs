using System.Runtime.CompilerServices;
using KeyService.Core;
using KeyService.Core.Audit;
using KeyService.Server.Configuration;

namespace KeyService.Server.Audit;

/// <summary>
/// Takes records from many callers, writes them in groups on a thread of its own, and tells each caller when its line is on the
/// disk. Where the log fails closed, whoever cannot be told so gets an error instead, and hands nothing out.
/// </summary>
internal sealed class AuditLog : IDisposable
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long a group is gathered while more calls are on their way here. An fsync costs some 150 µs of processor time: one for
    /// every few signatures would cost more than all else that the log does.
    /// </summary>
    private static readonly TimeSpan GatherPause = TimeSpan.FromMilliseconds(2);

    /// <summary>Records that are not kept waiting for more: with so many, the fsync costs each of them little, and waiting costs them much.</summary>
    private const int LargeGroup = 32;

    private readonly AuditSettings _settings;
    private readonly AuditJournal _journal;
    private readonly TimeProvider _time;
    private readonly ILogger<AuditLog> _logger;
    private readonly AuditMetrics _metrics;
    private readonly Lock _gate = new();
    private readonly AutoResetEvent _work = new(initialState: false);
    private readonly AutoResetEvent _gathered = new(initialState: false);
    private readonly ITimer _watch;
    private readonly Thread _writer;
    private AuditBatch _filling = new();
    private AuditBatch? _writing;
    private AuditTip _tip;
    private long _lost;
    private int _expected;
    private volatile bool _broken;
    private volatile bool _stopping;

    /// <param name="beforeFlush">See <see cref="AuditFolder.BeforeFlush"/>.</param>
    /// <exception cref="IOException">The folder cannot be used, or the log in it was changed by others.</exception>
    public AuditLog(AuditSettings settings, TimeProvider time, AuditMetrics metrics, ILogger<AuditLog> logger, Action? beforeFlush = null)
    {
        (_settings, _time, _metrics, _logger) = (settings, time, metrics, logger);
        _journal = new AuditJournal(settings.Path, settings.MaxFileBytes, time, beforeFlush);
        _tip = _journal.Tip;
        _watch = time.CreateTimer(_ => GiveUpLate(), state: null, settings.MaxWait / 4, settings.MaxWait / 4);
        _writer = new Thread(WriteAll) { IsBackground = true, Name = "audit" };
        _writer.Start();
        _metrics.Watch(this);
    }

    public string Instance => _journal.Instance;

    /// <summary>The last line that is on the disk.</summary>
    public AuditTip Tip
    {
        get
        {
            lock (_gate)
                return _tip;
        }
    }

    /// <summary>False while lines do not get to the disk, or not in time.</summary>
    public bool IsAvailable => !_broken && Volatile.Read(ref _writing) is not { IsGivenUp: true };

    /// <summary>Records that are not on the disk yet.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _filling.Records.Count + (_writing?.Records.Count ?? 0);
        }
    }

    /// <summary>Whether nothing is done unrecorded.</summary>
    public bool FailsClosed => _settings.FailClosed;

    /// <summary>To be asked before anything is signed or changed that will want a line.</summary>
    /// <exception cref="KeyServiceException">AuditUnavailable.</exception>
    public void ThrowIfUnavailable()
    {
        if (FailsClosed && !IsAvailable)
            throw Unavailable();
    }

    /// <summary>A call is on its way that will have a record: the group before it may wait a little for it.</summary>
    public void Expect() => Interlocked.Increment(ref _expected);

    /// <summary>That call's record comes next.</summary>
    public void Arrive() => Interlocked.Decrement(ref _expected);

    /// <summary>Returns when the record is on the disk; at once where the log does not fail closed.</summary>
    /// <exception cref="KeyServiceException">AuditUnavailable: it may not be there, so what it tells of must not be handed out.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask RecordAsync(AuditRecord record)
    {
        var began = _time.GetTimestamp();
        AuditBatch batch;
        while (!TryAdd(record, began, out batch))
        {
            if (!FailsClosed)
            {
                Interlocked.Increment(ref _lost);
                _metrics.Lost(1);
                return;
            }

            // Full: the batch that is in the way ends in bounded time, one way or the other.
            if (!await batch.IsDurable || _time.GetElapsedTime(began) > _settings.MaxWait)
                throw Unavailable();
        }

        if (FailsClosed && !await batch.IsDurable)
            throw Unavailable();
    }

    /// <summary>Writes what is waiting, and ends.</summary>
    public void Dispose()
    {
        _stopping = true;
        _work.Set();
        _gathered.Set();
        if (!_writer.Join(_settings.MaxWait))
            return; // a disk that hangs must not keep the process: its thread and files end with it
        _watch.Dispose();
        _work.Dispose();
        _gathered.Dispose();
        _journal.Dispose();
    }

    private static KeyServiceException Unavailable() =>
        new(KeyServiceError.AuditUnavailable, "The audit log cannot be written now, and nothing is done unrecorded.");

    /// <returns>False where <paramref name="batch"/> is full.</returns>
    private bool TryAdd(AuditRecord record, long now, out AuditBatch batch)
    {
        lock (_gate)
        {
            batch = _filling;
            if (batch.Records.Count >= _settings.MaxQueue)
                return false;
            batch.Records.Add(record);
            if (batch.Records.Count == 1)
            {
                batch.Began = now;
                _work.Set();
            }

            if (batch.Records.Count >= LargeGroup || Volatile.Read(ref _expected) == 0)
                _gathered.Set();
            return true;
        }
    }

    private void WriteAll()
    {
        var retried = long.MinValue;
        while (true)
        {
            if (_work.WaitOne(_broken ? RetryPause : Timeout.InfiniteTimeSpan) && !_stopping)
                _gathered.WaitOne(GatherPause);
            var batch = Take();
            if (batch is null && _stopping)
                return;
            if (_broken && Environment.TickCount64 >= retried)
            {
                retried = Environment.TickCount64 + (long)RetryPause.TotalMilliseconds;
                TryResume();
            }

            if (batch is not null)
                End(batch, durable: !_broken && TryWrite(batch.Records, LostSoFar()));
            if (_stopping)
                _work.Set();
        }
    }

    private AuditBatch? Take()
    {
        lock (_gate)
        {
            if (_filling.Records.Count == 0)
                return null;
            var batch = _filling;
            _filling = new AuditBatch();
            Volatile.Write(ref _writing, batch);
            return batch;
        }
    }

    private void End(AuditBatch batch, bool durable)
    {
        if (durable)
        {
            _metrics.Written(batch.Records.Count, _time.GetElapsedTime(batch.Began));
        }
        else
        {
            Interlocked.Add(ref _lost, batch.Records.Count);
            _metrics.Lost(batch.Records.Count);
        }

        lock (_gate)
        {
            Volatile.Write(ref _writing, null);
            _tip = _journal.Tip;
        }

        batch.End(durable);
    }

    /// <summary>Finds out whether the disk takes lines again, by a line that says so.</summary>
    private void TryResume()
    {
        try
        {
            _journal.Restore();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _metrics.WriteFailed();
            return; // as before: what the reason is was logged when it began
        }

        if (!TryWrite([], Interlocked.Read(ref _lost)))
            return;
        _broken = false;
        lock (_gate)
            _tip = _journal.Tip;
        Log.AuditResumed(_logger, _tip.Sequence);
    }

    private long? LostSoFar() => Interlocked.Read(ref _lost) is > 0 and var lost ? lost : null;

    private bool TryWrite(List<AuditRecord> records, long? lost)
    {
        try
        {
            _journal.Write(records, lost);
            Interlocked.Add(ref _lost, -(lost ?? 0));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _metrics.WriteFailed();
            if (!_broken)
                Log.AuditBroken(_logger, e);
            _broken = true;
            return false;
        }
    }

    /// <summary>Lets nobody wait longer than the setting says; the lines are written nevertheless.</summary>
    private void GiveUpLate()
    {
        lock (_gate)
        {
            foreach (var batch in (ReadOnlySpan<AuditBatch?>)[_writing, _filling])
            {
                if (batch is { Records.Count: > 0 } && _time.GetElapsedTime(batch.Began) >= _settings.MaxWait)
                    batch.End(durable: false);
            }
        }
    }
}
