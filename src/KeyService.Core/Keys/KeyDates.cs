namespace KeyService.Core.Keys;

/// <summary>
/// When a key does what. Written when planned; a later change of policy does not rewrite them. The three ends are all
/// null while no successor is planned, and all set once one is.
/// </summary>
public sealed record KeyDates
{
    /// <summary>When the provider made it.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>From when it stands in the JWKS.</summary>
    public required DateTimeOffset Published { get; init; }

    /// <summary>From when it signs.</summary>
    public required DateTimeOffset Activates { get; init; }

    /// <summary>When its successor takes over.</summary>
    public DateTimeOffset? Deactivates { get; init; }

    /// <summary>When the last token it signed has expired, on the slowest clock.</summary>
    public DateTimeOffset? Unpublishes { get; init; }

    /// <summary>When the private key is due to be destroyed.</summary>
    public DateTimeOffset? Destroys { get; init; }

    /// <summary>
    /// Until when tokens live that it signed under an earlier policy with longer lives; null where the present policy tells.
    /// </summary>
    public DateTimeOffset? TokensUntil { get; init; }

    /// <summary>
    /// No token that it is known to have signed expires later. Recorded in batches and rounded up; what was signed since, and what a
    /// replica had not recorded when it died, may. Null where nothing is known to be signed.
    /// </summary>
    public DateTimeOffset? SignedUntil { get; init; }

    /// <summary>When it was revoked.</summary>
    public DateTimeOffset? Compromised { get; init; }

    /// <summary>When the provider confirmed that the private key is gone: a fact, where the others are plans.</summary>
    public DateTimeOffset? Erased { get; init; }
}
