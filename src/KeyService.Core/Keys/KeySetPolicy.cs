namespace KeyService.Core.Keys;

/// <summary>The durations from which the dates of a key set's keys are planned.</summary>
public sealed record KeySetPolicy
{
    /// <summary>How long a key is published before its first signature.</summary>
    public required TimeSpan Propagation { get; init; }

    /// <summary>Longest life of a token signed by this set.</summary>
    public required TimeSpan MaxTokenLifetime { get; init; }

    /// <summary>How long the private key is kept after its key is unpublished.</summary>
    public required TimeSpan Retention { get; init; }

    /// <summary>How much the clocks of replicas and verifiers may differ.</summary>
    public required TimeSpan ClockSkew { get; init; }

    /// <summary>How long a key signs before the worker brings in its successor; null for rotation by hand only.</summary>
    public TimeSpan? RotationPeriod { get; init; }
}
