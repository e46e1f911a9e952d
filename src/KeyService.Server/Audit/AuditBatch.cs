using KeyService.Core.Audit;

namespace KeyService.Server.Audit;

/// <summary>Records that go to the disk together, and those who wait for that.</summary>
internal sealed class AuditBatch
{
    private readonly TaskCompletionSource<bool> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public List<AuditRecord> Records { get; } = [];

    /// <summary>Timestamp of the first record.</summary>
    public long Began { get; set; }

    /// <summary>True once the records are on the disk; false where that failed, or took longer than anybody waits.</summary>
    public Task<bool> IsDurable => _end.Task;

    /// <summary>True where nobody waits for it any more though it has not ended.</summary>
    public bool IsGivenUp => _end.Task is { IsCompleted: true, Result: false };

    public void End(bool durable) => _end.TrySetResult(durable);
}
