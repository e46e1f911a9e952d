using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using KeyService.Core;
using Microsoft.Extensions.ObjectPool;

namespace KeyService.Server.Guard;

/// <summary>
/// So many callers at a time. Those that wait stand in one line for each key set, and the lines take turns: a flood on one key
/// set makes its own line long and nobody else's. Where a slot is free nothing is locked, and those that wait are used again.
/// </summary>
internal sealed class FairSlots : IDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);
    private const int MostPooled = 1024;
    private readonly Lock _lock = new();
    private readonly ObjectPool<Waiter> _waiters;
    private readonly Dictionary<string, Line> _lines = new(StringComparer.Ordinal);
    private readonly LinkedList<Line> _turns = new();
    private readonly string _provider;
    private readonly int _maxQueue;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long _timerFires = long.MaxValue;
    private int _free;
    private int _waiting;

    public FairSlots(string provider, int slots, int maxQueue, TimeProvider time)
    {
        (_provider, _free, _maxQueue, _time) = (provider, slots, maxQueue, time);
        _waiters = new DefaultObjectPool<Waiter>(new WaiterPolicy(this), Math.Min(maxQueue, MostPooled));
        _timer = time.CreateTimer(static slots => ((FairSlots)slots!).TurnAway(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan); // it is passed in here
    }

    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Takes a free slot unless others wait for it. Owes an <see cref="Exit"/> where it did.</summary>
    public bool TryEnter() => Volatile.Read(ref _waiting) == 0 && TryTake();

    /// <summary>Waits for a slot, in the line of <paramref name="keySet"/>. Owes an <see cref="Exit"/> where it got one.</summary>
    /// <param name="limit">How long at the most.</param>
    /// <returns>False where that was not long enough.</returns>
    /// <exception cref="KeyServiceException">ProviderBusy: too many wait already.</exception>
    public ValueTask<bool> EnterAsync(string keySet, TimeSpan limit, CancellationToken cancellationToken)
    {
        Waiter waiter;
        Waiter? served;
        lock (_lock)
        {
            if (_waiting == 0 && TryTake())
                return new ValueTask<bool>(true);
            if (_waiting >= _maxQueue)
                throw new KeyServiceException(KeyServiceError.ProviderBusy, $"Provider '{_provider}' has all it can do, and {_waiting} callers wait for it.") { RetryAfter = RetryAfter };
            waiter = _waiters.Get();
            Add(waiter, keySet, limit);
            // After that: a slot that was given back before the waiter stood in line is seen here, a later one by its giver.
            served = ServeWaiters();
        }

        Waiter.Tell(served);
        waiter.LeaveWith(cancellationToken);
        return waiter.Task;
    }

    /// <param name="runNext">
    /// True where the next in line may run on in here, up to where it waits for the provider: a hop to another thread would cost more than
    /// that. Not after a failure, of which the breaker is to learn first.
    /// </param>
    public void Exit(bool runNext = true)
    {
        Interlocked.Increment(ref _free);
        if (Volatile.Read(ref _waiting) == 0)
            return;
        Waiter? served;
        lock (_lock)
            served = ServeWaiters();
        Waiter.Tell(served, runNext);
    }

    public void Dispose() => _timer.Dispose();

    private bool TryTake()
    {
        var free = Volatile.Read(ref _free);
        while (free > 0)
        {
            var seen = Interlocked.CompareExchange(ref _free, free - 1, free);
            if (seen == free)
                return true;
            free = seen;
        }

        return false;
    }

    /// <summary>Those whose turn it is, and those before them whose time was over, one linked to the other. To be told outside of the lock.</summary>
    private Waiter? ServeWaiters()
    {
        Waiter? first = null, last = null;
        var now = _time.GetTimestamp();
        while (_turns.First is { } turn)
        {
            var waiter = turn.Value.Waiters.First!.Value; // a line without waiters is none
            var isLate = waiter.Until <= now;
            if (!isLate && !TryTake())
                break;
            Remove(waiter);
            if (turn.List is not null && !isLate)
            {
                _turns.Remove(turn);
                _turns.AddLast(turn);
            }

            waiter.IsServed = !isLate;
            if (last is null)
                first = waiter;
            else
                last.NextTold = waiter;
            last = waiter;
        }

        return first;
    }

    /// <summary>Those whose time is over. One timer for all, so that a wait costs none.</summary>
    private void TurnAway()
    {
        Waiter? late = null;
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            _timerFires = long.MaxValue;
            foreach (var waiter in _turns.SelectMany(line => line.Waiters).ToList())
            {
                if (waiter.Until > now)
                {
                    _timerFires = Math.Min(_timerFires, waiter.Until);
                    continue;
                }

                Remove(waiter);
                waiter.NextTold = late;
                late = waiter;
            }

            if (_timerFires < long.MaxValue)
                SetTimer(_time.GetElapsedTime(now, _timerFires));
        }

        Waiter.Tell(late);
    }

    private void SetTimer(TimeSpan due) => _timer.Change(due + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan); // timers count whole milliseconds, and not more than there are

    private void Add(Waiter waiter, string keySet, TimeSpan limit)
    {
        var bounded = TimeSpan.FromSeconds(Math.Clamp(limit.TotalSeconds, 0, LongestWait.TotalSeconds)); // deadlines may lie millennia ahead, timers not
        waiter.Until = _time.GetTimestamp() + (long)(bounded.TotalSeconds * _time.TimestampFrequency);
        if (waiter.Until < _timerFires)
        {
            _timerFires = waiter.Until;
            SetTimer(bounded);
        }

        if (!_lines.TryGetValue(keySet, out var line))
        {
            _lines.Add(keySet, line = new Line(keySet));
            _turns.AddLast(line.Turn);
        }

        waiter.Line = line;
        line.Waiters.AddLast(waiter.Place);
        Interlocked.Increment(ref _waiting); // a full fence: see EnterAsync
    }

    private void Remove(Waiter waiter)
    {
        var line = waiter.Line!;
        line.Waiters.Remove(waiter.Place);
        Interlocked.Decrement(ref _waiting);
        if (line.Waiters.Count > 0)
            return;
        _turns.Remove(line.Turn);
        _lines.Remove(line.KeySet);
    }

    private sealed class Line
    {
        public Line(string keySet)
        {
            KeySet = keySet;
            Turn = new LinkedListNode<Line>(this);
        }

        public string KeySet { get; }

        public LinkedList<Waiter> Waiters { get; } = new();

        public LinkedListNode<Line> Turn { get; }
    }

    private sealed class WaiterPolicy(FairSlots slots) : PooledObjectPolicy<Waiter>
    {
        public override Waiter Create() => new(slots);

        public override bool Return(Waiter waiter)
        {
            waiter.Reset();
            return true;
        }
    }

    /// <summary>Back in the pool when its <see cref="Task"/> was awaited, which is done once.</summary>
    private sealed class Waiter : IValueTaskSource<bool>, IThreadPoolWorkItem
    {
        private readonly FairSlots _slots;
        private ManualResetValueTaskSourceCore<bool> _source;
        private CancellationTokenRegistration _leaving;

        public Waiter(FairSlots slots)
        {
            _slots = slots;
            Place = new LinkedListNode<Waiter>(this);
        }

        public LinkedListNode<Waiter> Place { get; }

        public Line? Line { get; set; }

        /// <summary>A timestamp: how long it waits.</summary>
        public long Until { get; set; }

        /// <summary>Whether it has a slot, once it left its line.</summary>
        public bool IsServed { get; set; }

        /// <summary>Another one that left its line together with this.</summary>
        public Waiter? NextTold { get; set; }

        public ValueTask<bool> Task => new(this, _source.Version);

        public static void Tell(Waiter? first, bool here = true)
        {
            for (Waiter? waiter = first, next; waiter is not null; waiter = next)
            {
                next = waiter.NextTold;
                // One that is refused at once gives its slot to the next, in here, and so on.
                if (here && RuntimeHelpers.TryEnsureSufficientExecutionStack())
                    waiter._source.SetResult(waiter.IsServed);
                else
                    ThreadPool.UnsafeQueueUserWorkItem(waiter, preferLocal: false);
            }
        }

        /// <summary>Before anybody waits for <see cref="Task"/>.</summary>
        public void LeaveWith(CancellationToken token) =>
            _leaving = token.UnsafeRegister(static (waiter, token) => ((Waiter)waiter!).Leave(token), this); // it is passed in here

        /// <summary>The caller gave up. One whose turn came in the same instant keeps the slot, and gives it back itself.</summary>
        private void Leave(CancellationToken token)
        {
            lock (_slots._lock)
            {
                if (Place.List is null)
                    return;
                _slots.Remove(this);
            }

            _source.SetException(new OperationCanceledException(token));
        }

        public void Reset()
        {
            _source.Reset();
            (_leaving, Line, NextTold) = (default, null, null);
        }

        void IThreadPoolWorkItem.Execute() => _source.SetResult(IsServed);

        bool IValueTaskSource<bool>.GetResult(short token)
        {
            _source.GetStatus(token); // throws where the task is not this waiter's any more, before anything is given back
            try
            {
                return _source.GetResult(token);
            }
            finally
            {
                _leaving.Dispose(); // waits for a callback that runs now: it must not see the next use
                _slots._waiters.Return(this);
            }
        }

        ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _source.GetStatus(token);

        void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _source.OnCompleted(continuation, state, token, flags);
    }
}
