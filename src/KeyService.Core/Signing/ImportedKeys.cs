using System.Collections.Concurrent;

namespace KeyService.Core.Signing;

/// <summary>
/// Instances of one imported public key, one for each thread that verifies at the same time: the platform's key objects
/// make no promise about concurrent use.
/// </summary>
internal sealed class ImportedKeys<TKey> : IDisposable
    where TKey : class, IDisposable
{
    private readonly ConcurrentQueue<TKey> _idle = new();
    private readonly Func<TKey> _import;
    private volatile bool _disposed;

    public ImportedKeys(Func<TKey> import)
    {
        _import = import;
        _idle.Enqueue(import()); // a key that the platform refuses fails here, not at the first signature
    }

    public TKey Rent()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _idle.TryDequeue(out var key) ? key : _import();
    }

    public void Return(TKey key)
    {
        _idle.Enqueue(key);
        if (_disposed)
            DisposeIdle(); // disposed while the key was out
    }

    public void Dispose()
    {
        _disposed = true;
        DisposeIdle();
    }

    private void DisposeIdle()
    {
        while (_idle.TryDequeue(out var key))
            key.Dispose();
    }
}
