namespace KeyService.Simulation.VirtualTime;

/// <summary>
/// The only thing that runs: one thread, one step at a time, in an order that the seed decides. When nothing is left to run,
/// time jumps to the next alarm. Whatever reaches it from another thread ends the run: it left the virtual time.
/// </summary>
internal sealed class Scheduler(Random random)
{
    private const int MostSteps = 20_000_000;
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly List<(Lane Lane, SendOrPostCallback Work, object? State)> _ready = [];
    private readonly PriorityQueue<Alarm, (long Due, long Number)> _alarms = new();
    private long _number;
    private volatile string? _escape;

    public DateTimeOffset Now { get; private set; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How many steps were run: equal for equal seeds.</summary>
    public long Steps { get; private set; }

    /// <summary>Ends the run after the present step.</summary>
    public bool IsStopped { get; set; }

    public void Enqueue(Lane lane, SendOrPostCallback work, object? state)
    {
        RequireLoop();
        _ready.Add((lane, work, state));
    }

    /// <summary>Has <paramref name="fire"/> called when the time has come, in no lane.</summary>
    public Alarm After(TimeSpan delay, Action fire)
    {
        RequireLoop();
        var alarm = new Alarm(fire);
        _alarms.Enqueue(alarm, ((Now + (delay > TimeSpan.Zero ? delay : TimeSpan.Zero)).UtcTicks, _number++));
        return alarm;
    }

    public Task DelayAsync(TimeSpan delay)
    {
        var over = new TaskCompletionSource();
        After(delay, over.SetResult);
        return over.Task;
    }

    /// <exception cref="InvalidOperationException">Called from any thread but that of the run.</exception>
    public void RequireLoop()
    {
        if (Environment.CurrentManagedThreadId == _thread)
            return;
        _escape ??= Environment.StackTrace;
        throw new InvalidOperationException("Something left the virtual time for the thread pool.");
    }

    /// <summary>Runs until <paramref name="main"/> is done or the run is stopped.</summary>
    /// <exception cref="InvalidOperationException">Something left the virtual time.</exception>
    public void RunUntil(Task main)
    {
        while (!main.IsCompleted && !IsStopped)
        {
            if (_escape is { } trace)
                throw new InvalidOperationException($"Something left the virtual time for the thread pool: {trace}");
            if (++Steps > MostSteps)
                throw new InvalidOperationException($"Still going after {MostSteps} steps, at {Now:O}.");
            if (_ready.Count > 0)
                RunOne();
            else if (_alarms.TryDequeue(out var alarm, out var due))
                Ring(alarm, due.Due);
            else
                throw new InvalidOperationException($"Nothing is left to run, and yet it is not done: something waits outside of the virtual time. {_escape}");
        }
    }

    private void RunOne()
    {
        var index = random.Next(_ready.Count);
        var (lane, work, state) = _ready[index];
        _ready[index] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        lane.Run(work, state);
    }

    private void Ring(Alarm alarm, long due)
    {
        if (alarm.IsCancelled)
            return;
        Now = new DateTimeOffset(due, TimeSpan.Zero);
        alarm.Fire();
    }
}
