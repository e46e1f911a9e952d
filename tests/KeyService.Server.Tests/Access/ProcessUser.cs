namespace KeyService.Server.Tests.Access;

/// <summary>The user whom this process runs as.</summary>
internal static class ProcessUser
{
    /// <summary>The effective user id (proc(5): the second number of the line).</summary>
    public static string Id => File.ReadLines("/proc/self/status")
        .First(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t', StringSplitOptions.RemoveEmptyEntries)[2];
}
