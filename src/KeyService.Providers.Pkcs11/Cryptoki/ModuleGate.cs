namespace KeyService.Providers.Pkcs11.Cryptoki;

/// <summary>
/// Counts the threads inside a module. Cryptoki forbids C_Finalize while a call is running, so a restart of the module closes
/// the gate and waits for the count to fall to zero.
/// </summary>
internal sealed class ModuleGate
{
    private int _inside;
    private volatile bool _closed = true;
    private volatile TaskCompletionSource? _empty;

    /// <summary>True when the caller may call the module; it then owes an <see cref="Exit"/>.</summary>
    public bool TryEnter()
    {
        Interlocked.Increment(ref _inside); // before the look at _closed: Close looks in the opposite order
        if (!_closed)
            return true;
        Exit();
        return false;
    }

    public void Exit()
    {
        if (Interlocked.Decrement(ref _inside) == 0 && _closed)
            _empty?.TrySetResult();
    }

    /// <exception cref="Core.KeyServiceException">ProviderUnavailable: the gate is closed.</exception>
    public T Run<T>(Func<T> call)
    {
        if (!TryEnter())
            throw Failures.Unavailable("The module is being restarted.");
        try
        {
            return call();
        }
        finally
        {
            Exit();
        }
    }

    public void Open() => _closed = false;

    /// <summary>Lets nobody in from now on.</summary>
    /// <returns>Completes when everybody has left.</returns>
    public Task Close()
    {
        var empty = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _empty = empty;
        _closed = true;
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _inside) == 0)
            empty.TrySetResult();
        return empty.Task;
    }
}
