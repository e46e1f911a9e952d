namespace KeyService.Testing.Azure;

/// <summary>Faults on order, met in the order in which they were added.</summary>
public sealed class VaultFaults
{
    private readonly Lock _lock = new();
    private readonly List<(VaultFault Fault, int Left)> _faults = [];

    public void Add(VaultFault fault)
    {
        lock (_lock)
            _faults.Add((fault, fault.Count));
    }

    public void Clear()
    {
        lock (_lock)
            _faults.Clear();
    }

    internal VaultFault? Take(string path)
    {
        lock (_lock)
        {
            var index = _faults.FindIndex(entry => entry.Fault.PathEnd is null || path.EndsWith(entry.Fault.PathEnd, StringComparison.Ordinal));
            if (index < 0)
                return null;
            var (fault, left) = _faults[index];
            if (left == 1)
                _faults.RemoveAt(index);
            else
                _faults[index] = (fault, left - 1);
            return fault;
        }
    }
}
