using System.Diagnostics;

namespace KeyService.Benchmarks;

/// <summary>A process as it is now: .NET keeps what it read of one.</summary>
internal static class ProcessFigures
{
    public static Process Refreshed(this Process process)
    {
        process.Refresh();
        return process;
    }
}
