using System.Diagnostics;
using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Providers.Pkcs11.Cryptoki;
using KeyService.Providers.Pkcs11.Tokens;
using Microsoft.Extensions.ObjectPool;

namespace KeyService.Providers.Pkcs11.Signing;

/// <summary>
/// The calls that wait for a signing thread, first come first served. A call's wait is bounded by SessionWait, its time in the
/// module by CallTimeout.
/// </summary>
internal sealed class SignQueue : IDisposable
{
    private const int MostPooled = 1024;

    // An object, not a Lock: the threads wait on it by Monitor.
    private readonly object _lock = new();
    private readonly SignCallList _waiting = new();
    private readonly SignedCalls _signed;
    private readonly SigningThreads _threads;
    private readonly ObjectPool<SignCall> _pool;
    private readonly string _provider;
    private readonly Pkcs11Options _options;
    private readonly TokenSupervisor _supervisor;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly ITimer _watch;
    private readonly TimeSpan _watchPeriod;
    private bool _watching;
    private bool _disposed;

    public SignQueue(string provider, Pkcs11Options options, TokenSupervisor supervisor, StuckCalls stuck, ILogger logger, TimeProvider time)
    {
        _provider = provider;
        _options = options;
        _supervisor = supervisor;
        _logger = logger;
        _time = time;
        _threads = new SigningThreads(options, stuck, time);
        _signed = new SignedCalls(time);
        _pool = new DefaultObjectPool<SignCall>(new CallPolicy(this), MostPooled);
        var shortest = options.SessionWait < options.CallTimeout ? options.SessionWait : options.CallTimeout;
        _watchPeriod = TimeSpan.FromMilliseconds(Math.Clamp(shortest.TotalMilliseconds / 10, 5, 100));
        _watch = time.CreateTimer(static queue => ((SignQueue)queue!).Watch(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Gets a call whose key object is unknown on the present connection; owes an <see cref="Enqueue"/> or a failure.</summary>
    public Action<SignCall> FindKey { get; set; } = static call => throw new UnreachableException();

    public SessionPoolUse Use
    {
        get
        {
            lock (_lock)
                return _threads.Use(_waiting.Count);
        }
    }

    /// <summary>A call from the pool, begun.</summary>
    public SignCall Rent(KeyHandle handle, SigningAlgorithm algorithm, ReadOnlySpan<byte> input)
    {
        var call = _pool.Get();
        call.Begin(handle, algorithm, input);
        return call;
    }

    public void GiveBack(SignCall call) => _pool.Return(call);

    public void Enqueue(SignCall call, bool first)
    {
        Exception refusal;
        lock (_lock)
        {
            if (_disposed)
            {
                refusal = new ObjectDisposedException(nameof(Pkcs11KeyProvider));
            }
            else if (_supervisor.CurrentOutage is { } outage)
            {
                refusal = outage.ToException();
            }
            else if (_threads.IsNoneLeft && !_threads.MayReplace)
            {
                refusal = Failures.Stuck(_threads.Stuck);
            }
            else if (call.IsCompleted)
            {
                refusal = new OperationCanceledException(); // cancelled while its key was looked for: nobody reads this
            }
            else
            {
                call.Since = _time.GetTimestamp();
                _waiting.Add(call, first);
                _threads.GrowAfterAWhile();
                if (_waiting.Count > _threads.Idle && _threads.MayStart)
                    StartThread();
                else if (_threads.Idle > 0)
                    Monitor.Pulse(_lock);
                StartWatch();
                return;
            }
        }

        call.Fail(refusal);
        call.Leave();
    }

    /// <summary>Takes a call out of the queue, if it is there: its caller has gone.</summary>
    public void Remove(SignCall call)
    {
        lock (_lock)
        {
            if (!call.IsQueued)
                return;
            _waiting.Remove(call);
        }

        call.Leave();
    }

    /// <summary>
    /// Puts away the call that a thread has done with, and blocks until there is another one and a connection to do it on.
    /// </summary>
    /// <param name="last">Null where the thread begins.</param>
    /// <returns>Null where the thread is to end: by its own wish, because it was written off meanwhile, or because there are too many.</returns>
    public SignCall? Next(SigningThread thread, SignCall? last, SigningThread.Outcome outcome)
    {
        if (last is not null && !last.IsCompleted && outcome != SigningThread.Outcome.Completed)
        {
            if (!HandBack(thread, last, outcome))
                return null;
            last = null;
        }

        SignCall? next = null, told;
        bool waits;
        do
        {
            lock (_lock)
            {
                var now = _time.GetTimestamp();
                var ends = last is not null && Finish(thread, last);
                waits = !ends && !TryTake(thread, now, out next, out ends);
                told = next is null ? _signed.Take() : _signed.TakeIfDue(now);
                if (waits && told is null && last is null)
                {
                    _threads.Idle++;
                    Monitor.Wait(_lock);
                    _threads.Idle--;
                }
            }

            last?.Leave();
            last = null;
            told?.Tell();
        }
        while (waits);
        return next;
    }

    /// <summary>The token is short of something: one session less, for a while.</summary>
    /// <returns>True where other threads go on signing.</returns>
    public bool UseFewerSessions(SigningThread thread, CryptokiException cause)
    {
        int sessions;
        lock (_lock)
        {
            sessions = _threads.UseFewer();
            if (!_threads.AreTooMany)
                return false;
            if (cause.Code == CkReturn.SessionCount)
                _threads.Remove(thread); // now, or one that has its session might see that it is one too many
        }

        Log.FewerSessions(_logger, _provider, sessions, cause.Function, cause.CodeName);
        return true;
    }

    /// <summary>The connection came or went.</summary>
    public void ConnectionChanged()
    {
        lock (_lock)
        {
            if (_supervisor.CurrentOutage is { } outage)
            {
                while (_waiting.First is { } call)
                    FailQueued(call, outage.ToException());
            }

            if (_supervisor.Current is { } connection)
                _threads.LimitTo(connection.MaxSessions);
            Monitor.PulseAll(_lock);
        }
    }

    public void Dispose()
    {
        SignCall? told;
        lock (_lock)
        {
            if (_disposed)
                return;
            _disposed = true;
            told = _signed.Take(); // the threads that would have told them may hang
            while (_waiting.First is { } call)
                FailQueued(call, new ObjectDisposedException(nameof(Pkcs11KeyProvider)));
            Monitor.PulseAll(_lock);
        }

        told?.Tell();
        _watch.Dispose();
    }

    /// <summary>Looks for calls that waited or ran too long. One timer for all, so that a call costs none.</summary>
    private void Watch()
    {
        SignCall? told;
        lock (_lock)
        {
            if (_disposed)
                return;
            told = _signed.Take(); // the threads that would have told them hang
            for (SignCall? call = _waiting.First, next; call is not null; call = next)
            {
                next = call.Next;
                if (_time.GetElapsedTime(call.Since) >= _options.SessionWait)
                    FailQueued(call, WaitedTooLong());
            }

            foreach (var thread in _threads.Overdue())
                WriteOff(thread);

            _watching = false;
            if (_waiting.First is not null || _threads.Working > 0)
                StartWatch();
        }

        told?.Tell();
    }

    /// <summary>A call that is not over yet goes back to the queue, or to where its key is found.</summary>
    /// <returns>False where the thread is to end.</returns>
    private bool HandBack(SigningThread thread, SignCall call, SigningThread.Outcome outcome)
    {
        bool ends;
        lock (_lock)
            ends = _threads.Release(thread) || outcome == SigningThread.Outcome.ReturnAndEnd;
        if (outcome == SigningThread.Outcome.FindKey)
            FindKey(call);
        else
            Enqueue(call, first: true);
        return !ends;
    }

    /// <returns>True where the thread is to end.</returns>
    private bool Finish(SigningThread thread, SignCall call)
    {
        if (call.IsSigned)
            _signed.Add(call, thread.StartedAt);
        return _threads.Release(thread);
    }

    /// <returns>False where the thread is to wait.</returns>
    private bool TryTake(SigningThread thread, long now, out SignCall? call, out bool ends)
    {
        call = null;
        ends = _disposed || _threads.AreTooMany;
        if (ends)
        {
            _threads.Remove(thread);
            Monitor.Pulse(_lock); // what woke this one may have been meant for work
            return true;
        }

        if (_waiting.First is not { } first || _supervisor.Current is not { } connection)
            return false;
        _waiting.Remove(first);
        thread.Call = call = first;
        thread.Connection = connection;
        thread.StartedAt = now;
        return true;
    }

    private KeyServiceException WaitedTooLong()
    {
        if (_supervisor.Current is null)
            return Failures.Unavailable($"The token was not connected within {nameof(Pkcs11Options.SessionWait)}.");
        return _threads.IsNoneLeft ? Failures.Stuck(_threads.Stuck) : Failures.Busy(nameof(Pkcs11Options.SessionWait));
    }

    private void WriteOff(SigningThread thread)
    {
        _threads.WriteOff(thread);
        var call = thread.Call!; // the caller looked
        Log.CallAbandoned(_logger, _provider, call.Handle.Value, _options.CallTimeout, _threads.Stuck);
        call.Fail(Failures.TimedOut(nameof(Pkcs11Options.CallTimeout))); // the thread leaves it when it comes back
        if (_waiting.First is null)
            return;
        if (_threads.MayReplace)
        {
            StartThread();
        }
        else if (_threads.IsNoneLeft)
        {
            while (_waiting.First is { } queued)
                FailQueued(queued, Failures.Stuck(_threads.Stuck));
        }
    }

    private void FailQueued(SignCall call, Exception failure)
    {
        _waiting.Remove(call);
        call.Fail(failure);
        call.Leave();
    }

    private void StartThread()
    {
        var thread = new SigningThread(this, _supervisor);
        _threads.Add(thread);
        thread.Start($"pkcs11 {_provider} sign");
    }

    private void StartWatch()
    {
        if (_watching || _disposed)
            return;
        _watching = true;
        _watch.Change(_watchPeriod, Timeout.InfiniteTimeSpan);
    }

    private sealed class CallPolicy(SignQueue queue) : PooledObjectPolicy<SignCall>
    {
        public override SignCall Create() => new(queue);

        public override bool Return(SignCall call) => true;
    }
}
