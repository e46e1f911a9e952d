namespace KeyService.Server.Access.Policies;

/// <summary>Someone whom the policy knows: who that is and what it may do.</summary>
internal sealed record Principal
{
    /// <summary>Its name in the policy, the logs and the limits.</summary>
    public required string Name { get; init; }

    /// <summary>Where it stands in the policy file.</summary>
    public required int Line { get; init; }

    /// <summary>One that matches is enough.</summary>
    public required IReadOnlyList<CallerMatch> Match { get; init; }

    /// <summary>The first that gives a permission on a key set decides on what goes with it.</summary>
    public required IReadOnlyList<Grant> Grants { get; init; }

    public required PrincipalLimits Limits { get; init; }
}
