using System.Globalization;

namespace KeyService.Fuzz.Runs;

/// <summary>Looks whether memory grows with the number of inputs.</summary>
internal sealed class MemoryWatch(RunLimits limits)
{
    private const int WarmUp = 3; // looks: caches, pools and compiled code come to be in the first inputs
    private int _looks;
    private long _managed;
    private long _process;
    private long _managedNow;
    private long _processNow;

    /// <summary>What is wrong; null where nothing is.</summary>
    public string? Look()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers(); // handles of OpenSSL that nobody disposed of
        _managedNow = GC.GetTotalMemory(forceFullCollection: true);
        _processNow = Environment.WorkingSet;
        if (++_looks <= WarmUp)
            (_managed, _process) = (Math.Max(_managed, _managedNow), Math.Max(_process, _processNow));
        return _managedNow - _managed > limits.ManagedGrowth || _processNow - _process > limits.ProcessGrowth ? $"memory grows: {this}" : null;
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"Managed memory {_managed / 1048576.0:0.0} MiB when warm, {_managedNow / 1048576.0:0.0} MiB at the end; the process {_process >> 20} and {_processNow >> 20} MiB.");
}
