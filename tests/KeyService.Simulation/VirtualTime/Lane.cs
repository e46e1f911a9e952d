namespace KeyService.Simulation.VirtualTime;

/// <summary>
/// Where the code of one process runs. Each await comes back through here, so that a process can end at any of them: from then on
/// nothing of it ever runs again, and what it had in memory is lost.
/// </summary>
internal sealed class Lane(Scheduler scheduler) : SynchronizationContext
{
    private int _stepsLeft = int.MaxValue;

    public bool IsDead { get; private set; }

    /// <summary>Called once, when the process ends.</summary>
    public Action Died { get; set; } = () => { };

    /// <summary>Ends the process when so many more of its awaits have come back.</summary>
    public void DieAfter(int steps) => _stepsLeft = steps;

    public void Live() => _stepsLeft = int.MaxValue;

    public void Die()
    {
        if (IsDead)
            return;
        IsDead = true;
        Died();
    }

    /// <summary>Runs one step of the process now.</summary>
    public void Run(SendOrPostCallback work, object? state)
    {
        if (IsDead)
            return;
        if (_stepsLeft != int.MaxValue && --_stepsLeft <= 0)
        {
            Die();
            return;
        }

        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            work(state);
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    public override void Post(SendOrPostCallback d, object? state) => scheduler.Enqueue(this, d, state);

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Nothing here may block.");

    public override SynchronizationContext CreateCopy() => this;
}
