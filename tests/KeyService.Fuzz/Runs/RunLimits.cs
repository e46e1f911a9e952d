namespace KeyService.Fuzz.Runs;

/// <summary>What an input may take. Generous, since the machine may be busy: what they are to find is off by orders of magnitude.</summary>
internal sealed record RunLimits
{
    /// <summary>An input that takes longer is tried again, and is a finding if it takes longer each time.</summary>
    public TimeSpan Slow { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>One that takes longer than this is a finding at once: it may never end.</summary>
    public TimeSpan Hang { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Bytes by which the memory may grow, after a full collection, over what it was when the run had warmed up.</summary>
    public long ManagedGrowth { get; init; } = 16 << 20;

    /// <summary>The same for the whole process, where a library's own memory shows.</summary>
    public long ProcessGrowth { get; init; } = 192 << 20;

    /// <summary>How often the memory is looked at in a run.</summary>
    public int MemoryLooks { get; init; } = 20;
}
