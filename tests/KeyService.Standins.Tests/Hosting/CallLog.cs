using System.Collections.Concurrent;

namespace KeyService.Standins.Tests.Hosting;

/// <summary>What handlers saw, for tests to wait for.</summary>
internal sealed class CallLog
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _entered = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _cancelled = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _written = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _serverEnds = NewSource();

    public Task ServerEnds => _serverEnds.Task;

    public void EndServer() => _serverEnds.TrySetResult();

    public Task EnteredAsync(string id) => _entered.GetOrAdd(id, _ => NewSource()).Task;

    public Task CancelledAsync(string id) => _cancelled.GetOrAdd(id, _ => NewSource()).Task;

    public int WrittenBy(string id) => _written.GetValueOrDefault(id);

    public async Task HangAsync(string id, CancellationToken cancellationToken)
    {
        _entered.GetOrAdd(id, _ => NewSource()).TrySetResult();
        try
        {
            await ServerEnds.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            SawCancellation(id);
            throw;
        }
    }

    public async Task WriteAsync(string id, Func<Task> write)
    {
        try
        {
            await write();
            _written.AddOrUpdate(id, 1, (_, count) => count + 1);
        }
        catch (OperationCanceledException)
        {
            SawCancellation(id);
            throw;
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void SawCancellation(string id) => _cancelled.GetOrAdd(id, _ => NewSource()).TrySetResult();
}
