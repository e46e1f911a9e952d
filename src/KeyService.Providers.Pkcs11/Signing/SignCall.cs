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

    // The list of the queue, under the queue's lock.
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

    public bool Succeed(byte[] signature) => Complete(signature, failure: null);

    public bool Fail(Exception failure) => Complete(signature: null, failure);

    /// <summary>One of the two parties is done with it.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
            Recycle();
    }

    void IThreadPoolWorkItem.Execute()
    {
        // Nothing may follow this: the caller runs on inside, and the call may be another's by then.
        if (_failure is { } failure)
            _source.SetException(failure);
        else
            _source.SetResult(_signature!); // one of the two is set
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

    private bool Complete(byte[]? signature, Exception? failure)
    {
        if (Interlocked.Exchange(ref _completed, 1) != 0)
            return false;
        _signature = signature;
        _failure = failure;

        // Not here and now: we may be on a signing thread or under the queue's lock, and the caller runs on in it.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
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
        Triage = default;
        _input.AsSpan(0, _inputLength).Clear();
        if (_input.Length > KeptInput)
            _input = new byte[64];
        Volatile.Write(ref _completed, 0);
        queue.GiveBack(this);
    }
}
