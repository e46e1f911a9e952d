using System.Globalization;
using KeyService.Simulation.VirtualTime;

namespace KeyService.Simulation;

/// <summary>Who did what when. Kept only in a run that repeats a failed one: a run costs half of what it would.</summary>
internal sealed class Timeline(Scheduler scheduler, bool isKept)
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines => _lines;

    public void Add(string who, Func<string> what)
    {
        if (isKept)
            _lines.Add(string.Create(CultureInfo.InvariantCulture, $"{scheduler.Now:dd HH:mm:ss.fff}  {who,-10} {what()}"));
    }
}
