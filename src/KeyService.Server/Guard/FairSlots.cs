using KeyService.Core;

namespace KeyService.Server.Guard;

/// <summary>
/// So many callers at a time. Those that wait stand in one line for each key set, and the lines take turns: a flood on one key
/// set makes its own line long and nobody else's. Where a slot is free nothing is locked and nothing allocated.
/// </summary>
internal sealed class FairSlots(string provider, int slots, int maxQueue)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(100);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Line> _lines = new(StringComparer.Ordinal);
    private readonly LinkedList<Line> _turns = new();
    private int _free = slots;
    private int _waiting;

    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Takes a free slot unless others wait for it. Owes an <see cref="Exit"/> where it did.</summary>
    public bool TryEnter() => Volatile.Read(ref _waiting) == 0 && TryTake();

    /// <summary>Waits for a slot, in the line of <paramref name="keySet"/>. Owes an <see cref="Exit"/>.</summary>
    /// <exception cref="KeyServiceException">ProviderBusy: too many wait already.</exception>
    public async ValueTask EnterAsync(string keySet, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(this);
        lock (_lock)
        {
            if (_waiting == 0 && TryTake())
                return;
            if (_waiting >= maxQueue)
                throw new KeyServiceException(KeyServiceError.ProviderBusy, $"Provider '{provider}' has all it can do, and {_waiting} callers wait for it.") { RetryAfter = RetryAfter };
            Add(waiter, keySet);
            // After that: a slot that was given back before the waiter stood in line is seen here, a later one by its giver.
            ServeWaiters();
        }

        using var leaving = cancellationToken.UnsafeRegister(static (waiter, token) => ((Waiter)waiter!).Leave(token), waiter);
        await waiter.Task;
    }

    public void Exit()
    {
        Interlocked.Increment(ref _free);
        if (Volatile.Read(ref _waiting) == 0)
            return;
        lock (_lock)
            ServeWaiters();
    }

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

    private void ServeWaiters()
    {
        while (_turns.First is { } turn && TryTake())
        {
            var waiter = turn.Value.Waiters.First!.Value;
            Remove(waiter);
            if (turn.List is not null)
            {
                _turns.Remove(turn);
                _turns.AddLast(turn);
            }

            waiter.SetResult();
        }
    }

    private void Add(Waiter waiter, string keySet)
    {
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

    private sealed class Waiter : TaskCompletionSource
    {
        private readonly FairSlots _slots;

        public Waiter(FairSlots slots)
            : base(TaskCreationOptions.RunContinuationsAsynchronously)
        {
            _slots = slots;
            Place = new LinkedListNode<Waiter>(this);
        }

        public LinkedListNode<Waiter> Place { get; }

        public Line? Line { get; set; }

        /// <summary>The caller gave up. One whose turn came in the same instant keeps the slot, and gives it back itself.</summary>
        public void Leave(CancellationToken token)
        {
            lock (_slots._lock)
            {
                if (Place.List is null)
                    return;
                _slots.Remove(this);
            }

            SetCanceled(token);
        }
    }
}
