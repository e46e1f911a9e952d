namespace KeyService.Testing;

/// <summary>How a process ended.</summary>
/// <param name="ExitCode">Null when it ran out of time and was killed.</param>
/// <param name="Output">Both streams, line by line as they came.</param>
public sealed record ProcessResult(int? ExitCode, string Output)
{
    public IReadOnlyList<string> Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
