namespace KeyService.Core.Tests;

internal static class Allocations
{
    /// <summary>
    /// Bytes that a call allocates once it is compiled and the pools are filled: the least of several calls, because the
    /// runtime may empty a pool at any time.
    /// </summary>
    public static long Least<T>(Func<T> call) =>
        Enumerable.Range(0, 20).Min(_ =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            call();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        });
}
