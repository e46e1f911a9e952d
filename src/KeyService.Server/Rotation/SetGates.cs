using System.Collections.Concurrent;

namespace KeyService.Server.Rotation;

/// <summary>
/// Lets one rotation of a key set at a time run in this process, so that callers who ask at once wait for the first instead
/// of racing it. Other processes are kept apart by compare-and-set.
/// </summary>
internal sealed class SetGates
{
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _gates = new(StringComparer.Ordinal);

    public async Task<IDisposable> EnterAsync(string name, CancellationToken cancellationToken)
    {
        var gate = _gates.GetOrAdd(name, _ => new SemaphoreSlim(1, 1));
        await gate.WaitAsync(cancellationToken);
        return new Exit(gate);
    }

    private sealed class Exit(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
