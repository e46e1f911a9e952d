namespace KeyService.Providers.Pkcs11.Signing;

/// <summary>
/// The waiting calls in their order. The calls carry the links themselves, so that queueing allocates nothing and one that
/// is cancelled leaves from the middle at once. Under the queue's lock.
/// </summary>
internal sealed class SignCallList
{
    private SignCall? _last;

    public SignCall? First { get; private set; }

    public int Count { get; private set; }

    public void Add(SignCall call, bool first)
    {
        call.IsQueued = true;
        Count++;
        call.Previous = first ? null : _last;
        call.Next = first ? First : null;
        if (call.Previous is { } previous)
            previous.Next = call;
        else
            First = call;
        if (call.Next is { } next)
            next.Previous = call;
        else
            _last = call;
    }

    public void Remove(SignCall call)
    {
        if (call.Previous is { } previous)
            previous.Next = call.Next;
        else
            First = call.Next;
        if (call.Next is { } next)
            next.Previous = call.Previous;
        else
            _last = call.Previous;
        call.Next = call.Previous = null;
        call.IsQueued = false;
        Count--;
    }
}
