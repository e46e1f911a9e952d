using KeyService.Simulation.VirtualTime;

namespace KeyService.Simulation;

/// <summary>What a run found broken. The first finding ends it.</summary>
internal sealed class Findings(Scheduler scheduler, Timeline timeline)
{
    public string? Rule { get; private set; }

    public string Text { get; private set; } = "";

    public void Break(string rule, string text)
    {
        if (Rule is not null)
            return;
        (Rule, Text) = (rule, text);
        timeline.Add("BROKEN", () => $"{rule}: {text}");
        scheduler.IsStopped = true;
    }
}
