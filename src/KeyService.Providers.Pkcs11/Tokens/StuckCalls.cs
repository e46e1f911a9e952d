namespace KeyService.Providers.Pkcs11.Tokens;

/// <summary>Counts the threads of one provider that wait in the module beyond every limit.</summary>
/// <param name="limit">From here on the provider counts as not ready.</param>
internal sealed class StuckCalls(int limit)
{
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public bool TooMany => Count >= limit;

    public void Add() => Interlocked.Increment(ref _count);

    public void Remove() => Interlocked.Decrement(ref _count);
}
