using System.Threading.Tasks.Sources;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Providers.Pkcs11.Keys;
using KeyService.Providers.Pkcs11.Tokens;

namespace KeyService.Providers.Pkcs11.Signing;

/// <summary>
/// One signature on its way. Reused, so that signing allocates nothing but the signature. Two parties hold it: the caller,
/// until the result is read, and the worker side (the queue, then a thread); whoever leaves last gives it back to the pool.
/// Either may complete it, once.
/// </summary>
internal sealed class SignCall(SignQueue queue) : IValueTaskSource<byte[]>, IThreadPoolWorkItem
{
    private const int KeptInput = 4096;

    private ManualResetValueTaskSourceCore<byte[]> _source; // runs the caller on: we are on a pool thread when we complete it
    private CancellationTokenRegistration _cancellation;
    private CancellationToken _cancelledBy;
    private byte[] _input = new byte[64];
    private int _inputLength;
    private byte[]? _signature;
    private Exception? _failure;
    private int _completed;
    private int _holders;

    public KeyHandle Handle { get; private set; }

    public SigningAlgorithm Algorithm { get; private set; } = SigningAlgorithm.ES256;

    /// <summary>A copy: a caller that stops waiting may reuse its buffer while the module still reads.</summary>
    public ReadOnlySpan<byte> Input => _input.AsSpan(0, _inputLength);

    public bool IsCompleted => Volatile.Read(ref _completed) != 0;

    public ValueTask<byte[]> Task => new(this, _source.Version);

    // The rest belongs to the worker side.
    public PrivateKey? Key { get; set; }

    /// <summary>When the call began to wait in the queue.</summary>
    public long Since { get; set; }

    /// <summary>How often it came back to the queue, after a lost connection or for its key to be found.</summary>
    public int Returns { get; set; }

    // Not a property: a struct that changes itself.
    public ReturnTriage Triage;

    /// <summary>Signed, and its caller not told: that is up to the queue, which tells several together.</summary>
    public bool IsSigned { get; private set; }

    // The list of the queue, and then that of the calls to be told together; under the queue's lock.
    public SignCall? Next { get; set; }

    public SignCall? Previous { get; set; }

    public bool IsQueued { get; set; }

    public void Begin(KeyHandle handle, SigningAlgorithm algorithm, ReadOnlySpan<byte> input)
    {
        Handle = handle;
        Algorithm = algorithm;
        if (_input.Length < input.Length)
            _input = new byte[input.Length];
        input.CopyTo(_input);
        _inputLength = input.Length;
        _holders = 2;
    }

    /// <summary>Call it last of all, on the caller's thread: from then on the call may complete by cancellation.</summary>
    public void CancelWith(CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
            return;
        _cancelledBy = cancellationToken;
        _cancellation = cancellationToken.UnsafeRegister(static call => ((SignCall)call!).Cancel(), this); // we pass it in ourselves
    }

    /// <summary>Owes a <see cref="Tell"/> where <see cref="IsSigned"/>: the caller may have left before.</summary>
    public void Succeed(byte[] signature) => IsSigned = TryComplete(signature, failure: null);

    /// <summary>Also tells the caller.</summary>
    public void Fail(Exception failure)
    {
        if (TryComplete(signature: null, failure))
            Tell();
    }

    /// <summary>Has the callers of this and of the following calls run on. Not here and now: we may be on a signing thread or under the queue's lock.</summary>
    public void Tell() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    /// <summary>One of the two parties is done with it.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
            Recycle();
    }

    void IThreadPoolWorkItem.Execute()
    {
        for (SignCall? call = this, next; call is not null; call = next)
        {
            next = call.Next;
            call.Next = null;
            call.RunCaller(); // the call may be another's after this
        }
    }

    byte[] IValueTaskSource<byte[]>.GetResult(short token)
    {
        _source.GetStatus(token); // throws where the task is not this call's any more, before anything is given back
        try
        {
            return _source.GetResult(token);
        }
        finally
        {
            _cancellation.Dispose(); // waits for a callback that runs now: it must not see the next use
            Leave();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<byte[]>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<byte[]>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private void Cancel()
    {
        queue.Remove(this);
        Fail(new OperationCanceledException(_cancelledBy));
    }

    private void RunCaller()
    {
        if (_failure is { } failure)
            _source.SetException(failure);
        else
            _source.SetResult(_signature!); // one of the two is set
    }

    private bool TryComplete(byte[]? signature, Exception? failure)
    {
        if (Interlocked.Exchange(ref _completed, 1) != 0)
            return false;
        _signature = signature;
        _failure = failure;
        return true;
    }

    private void Recycle()
    {
        _source.Reset();
        _cancellation = default;
        _cancelledBy = default;
        _signature = null;
        _failure = null;
        Key = null;
        Returns = 0;
        IsSigned = false;
        Triage = default;
        _input.AsSpan(0, _inputLength).Clear();
        if (_input.Length > KeptInput)
            _input = new byte[64];
        Volatile.Write(ref _completed, 0);
        queue.GiveBack(this);
    }
}
