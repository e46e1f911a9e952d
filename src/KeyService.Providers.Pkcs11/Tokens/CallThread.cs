using System.Diagnostics.CodeAnalysis;

namespace KeyService.Providers.Pkcs11.Tokens;

/// <summary>
/// Runs the rarer calls (connecting, making and finding keys) one after the other on a thread of their own, so that neither
/// the thread pool nor the signing threads ever wait in the module. A call over its limit is written off with its thread,
/// and another thread takes over.
/// </summary>
internal sealed class CallThread(string name, StuckCalls stuck, TimeProvider time) : IDisposable
{
    private const int MostLost = 4;

    // An object, not a Lock: the thread waits on it by Monitor.
    private readonly object _lock = new();
    private readonly Queue<Work> _waiting = new();
    private Lane? _lane;
    private int _lost;
    private bool _disposed;

    /// <param name="setting">The name of the setting that gives <paramref name="limit"/>, for the message.</param>
    public async Task<T> RunAsync<T>(Func<Lane, T> call, TimeSpan limit, string setting, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested(); // the call may be over before the wait for it begins
        var work = new Work<T>(call, limit);
        Enqueue(work);
        try
        {
            return await work.Result.WaitAsync(limit, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            WriteOff(work);
            throw Failures.TimedOut(setting);
        }
        catch (OperationCanceledException)
        {
            work.IsAbandoned = true;
            throw;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            while (_waiting.TryDequeue(out var work))
                work.Fail(new ObjectDisposedException(name));
            Monitor.PulseAll(_lock);
        }
    }

    private void Enqueue(Work work)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_lane is null && _lost >= MostLost)
                throw Failures.Stuck(stuck.Count);
            _waiting.Enqueue(work);
            if (_lane is null)
                StartLane();
            else
                Monitor.Pulse(_lock);
        }
    }

    private void WriteOff(Work work)
    {
        lock (_lock)
        {
            work.IsAbandoned = true;

            // The one at fault may be another that runs ahead of this one. Timers and timestamps differ a little: hence 9/10.
            if (_lane is not { Current: { } current } lane || time.GetElapsedTime(lane.StartedAt) < current.Limit * 0.9)
                return;
            lane.IsWrittenOff = true;
            stuck.Add();
            _lost++;
            _lane = null;
            if (_waiting.Count > 0 && _lost < MostLost)
                StartLane();
        }
    }

    private void StartLane()
    {
        _lane = new Lane();
        new Thread(Loop) { IsBackground = true, Name = name }.Start(_lane);
    }

    private void Loop(object? state)
    {
        var lane = (Lane)state!; // given by StartLane
        while (Take(lane) is { } work)
        {
            if (!work.IsAbandoned)
                work.Run(lane);
            lock (_lock)
            {
                lane.Current = null;
                if (!lane.IsWrittenOff)
                    continue;
                stuck.Remove();
                _lost--;
            }

            break;
        }

        lane.CloseSession();
    }

    private Work? Take(Lane lane)
    {
        lock (_lock)
        {
            while (!_disposed)
            {
                if (_waiting.TryDequeue(out var work))
                {
                    lane.Current = work;
                    lane.StartedAt = time.GetTimestamp();
                    return work;
                }

                Monitor.Wait(_lock);
            }

            return null;
        }
    }

    /// <summary>One thread's own things. A lane that was written off is never used again.</summary>
    internal sealed class Lane
    {
        public TokenSession? Session { get; set; }

        public Work? Current { get; set; }

        public long StartedAt { get; set; }

        public bool IsWrittenOff { get; set; }

        /// <summary>The lane's session on this connection; only within the module's gate.</summary>
        public TokenSession SessionOn(TokenConnection connection)
        {
            if (Session is { } session && session.Connection == connection)
                return session;
            Session?.Close();
            Session = null;
            return Session = TokenSession.Open(connection, readWrite: true);
        }

        public void DropSession()
        {
            Session?.Close();
            Session = null;
        }

        public void CloseSession()
        {
            if (Session is not { } session || !session.Connection.Module.Gate.TryEnter())
                return;
            try
            {
                DropSession();
            }
            finally
            {
                session.Connection.Module.Gate.Exit();
            }
        }
    }

    internal abstract class Work(TimeSpan limit)
    {
        public TimeSpan Limit => limit;

        public volatile bool IsAbandoned;

        public abstract void Run(Lane lane);

        public abstract void Fail(Exception exception);
    }

    private sealed class Work<T>(Func<Lane, T> call, TimeSpan limit) : Work(limit)
    {
        private readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Result => _result.Task;

        [SuppressMessage("Design", "CA1031", Justification = "Whatever happened belongs to the caller who waits for it.")]
        public override void Run(Lane lane)
        {
            try
            {
                _result.TrySetResult(call(lane));
            }
            catch (Exception exception)
            {
                Fail(exception);
            }
        }

        public override void Fail(Exception exception)
        {
            _result.TrySetException(exception);
            _ = _result.Task.Exception; // seen, even where the caller left
        }
    }
}
