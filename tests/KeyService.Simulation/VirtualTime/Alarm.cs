namespace KeyService.Simulation.VirtualTime;

/// <summary>Something that happens at an instant to come, unless it is cancelled before.</summary>
internal sealed class Alarm(Action fire)
{
    public bool IsCancelled { get; private set; }

    public void Fire() => fire();

    public void Cancel() => IsCancelled = true;
}
