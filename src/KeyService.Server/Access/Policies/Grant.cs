namespace KeyService.Server.Access.Policies;

/// <summary>Permissions on key sets, and what they may be used for.</summary>
internal sealed record Grant
{
    /// <summary>Where it stands in the policy file.</summary>
    public required int Line { get; init; }

    public required IReadOnlyList<NamePattern> KeySets { get; init; }

    public required Permissions Permissions { get; init; }

    /// <summary>Whether <see cref="Permissions.Sign"/> holds for Sign and SignBatch too, which sign whatever bytes they are given: any token.</summary>
    public required bool RawSign { get; init; }

    /// <summary>Which claims SignJwt signs; null for any.</summary>
    public ClaimsPolicy? Claims { get; init; }

    public bool Gives(Permissions permission, string keySet) => (Permissions & permission) != 0 && KeySets.Any(pattern => pattern.Matches(keySet));
}
