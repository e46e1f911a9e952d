using System.Diagnostics.Metrics;
using KeyService.Server.Telemetry;

namespace KeyService.Server.Audit;

/// <summary>What the audit log does, as numbers of the meter <c>KeyService</c>. Counted by group, so that a record costs nothing.</summary>
internal sealed class AuditMetrics : IDisposable
{
    private const long Never = long.MinValue;
    private readonly TimeProvider _time;
    private readonly Counter<long> _lines;
    private readonly Histogram<double> _lag;
    private readonly Counter<long> _failedWrites;
    private readonly Counter<long> _lost;
    private volatile AuditLog? _log;
    private long _checkpointed = Never;

    public AuditMetrics(TimeProvider time)
    {
        _time = time;
        _lines = Meter.CreateCounter<long>("keyservice.audit.lines", "{line}", "Lines that are on the disk, the log's own not counted");
        _lag = Meter.CreateHistogram<double>("keyservice.audit.lag", "s", "From the making of a group's first record until its lines were on the disk");
        _failedWrites = Meter.CreateCounter<long>("keyservice.audit.failed_writes", "{write}", "Writes that the disk did not take, tries to go on included");
        _lost = Meter.CreateCounter<long>("keyservice.audit.lost", "{record}", "Records that have no line; where the log fails closed, nothing was handed out for them");
        _failedWrites.Add(0); // or the first one would never be seen as a rise
        _lost.Add(0);
        Meter.CreateObservableGauge("keyservice.audit.queue", () => Of(static log => log.Waiting), "{record}", "Records that are not on the disk yet");
        Meter.CreateObservableGauge("keyservice.audit.working", () => Of(static log => log.IsAvailable ? 1 : 0), "{state}", "1 while lines get to the disk in time, else 0");
        Meter.CreateObservableGauge("keyservice.audit.checkpoint.age", CheckpointAge, "s", "Since the last checkpoint, or the start");
    }

    public Meter Meter { get; } = new(Instruments.MeterName);

    public void Watch(AuditLog log) => _log = log;

    public void Written(int lines, TimeSpan lag)
    {
        _lines.Add(lines);
        _lag.Record(lag.TotalSeconds);
    }

    public void WriteFailed() => _failedWrites.Add(1);

    public void Lost(int records) => _lost.Add(records);

    /// <summary>At a checkpoint, and at the start where checkpoints are to be made: without them there is no age.</summary>
    public void Checkpointed() => Volatile.Write(ref _checkpointed, _time.GetTimestamp());

    public void Dispose() => Meter.Dispose();

    private Measurement<int>[] Of(Func<AuditLog, int> figure) => _log is { } log ? [new(figure(log))] : [];

    private Measurement<double>[] CheckpointAge() => Volatile.Read(ref _checkpointed) is var last and not Never ? [new(_time.GetElapsedTime(last).TotalSeconds)] : [];
}
