namespace KeyService.Providers.Pkcs11.Signing;

/// <summary>
/// Calls that are signed and whose callers were not told yet. To wake a caller costs a good part of what a quick signature does,
/// and several can be woken for the price of one; so it is put off while further signatures are being made, for no
/// longer than a caller would hardly notice. Under the queue's lock.
/// </summary>
internal sealed class SignedCalls(TimeProvider time)
{
    private const int Most = 8;

    /// <summary>Reckoned from when the signature was begun: a slow one is told of at once.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMicroseconds(300);

    private SignCall? _first;
    private SignCall? _last;
    private int _count;
    private long _since;

    public void Add(SignCall call, long begun)
    {
        if (_count++ == 0)
            (_first, _since) = (call, begun);
        else
            _last!.Next = call; // there is a first, so there is a last
        _last = call;
    }

    /// <summary>The first of all of them, which links to the others; null where there is none.</summary>
    public SignCall? Take()
    {
        var first = _first;
        _first = _last = null;
        _count = 0;
        return first;
    }

    /// <summary>As <see cref="Take"/>, where it is time.</summary>
    public SignCall? TakeIfDue(long now) => _count >= Most || time.GetElapsedTime(_since, now) >= Longest ? Take() : null;
}
