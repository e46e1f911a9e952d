namespace KeyService.Testing;

/// <summary>
/// The steps of a process at which it can end: before and after each call of its store and its providers. From the end on
/// nothing works any more until <see cref="Restart"/>.
/// </summary>
public sealed class CrashPoints
{
    private readonly Lock _lock = new();
    private readonly List<string> _passed = [];
    private int _left = -1;
    private bool _ended;

    /// <summary>The steps since the last start.</summary>
    public IReadOnlyList<string> Passed
    {
        get
        {
            lock (_lock)
                return [.. _passed];
        }
    }

    /// <summary>Begins anew, and ends at the step of that number; 0 for never.</summary>
    public void Restart(int endsAt = 0)
    {
        lock (_lock)
        {
            _passed.Clear();
            _left = endsAt;
            _ended = false;
        }
    }

    public void Pass(string step)
    {
        lock (_lock)
        {
            if (_ended)
                throw new CrashException($"earlier, so not {step}");
            _passed.Add(step);
            _ended = --_left == 0;
            if (_ended)
                throw new CrashException(step);
        }
    }
}
