namespace KeyService.Server.Recovery;

/// <summary>What an operator asks to be recovered, and says of it.</summary>
internal sealed record RecoveryRequest
{
    /// <summary>Names of key sets; empty for all that the providers hold keys of.</summary>
    public required IReadOnlySet<string> KeySets { get; init; }

    /// <summary>The JWKS that was served last, by key set: kid and <c>alg</c>, in order.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<(string Kid, string Algorithm)>> Jwks { get; init; }

    /// <summary>Kids of revoked keys.</summary>
    public required IReadOnlySet<string> Revoked { get; init; }

    /// <summary>Whether key sets that nobody describes are recovered with the defaults.</summary>
    public bool AssumeDefaults { get; init; }

    /// <summary>False: only told what would be done.</summary>
    public bool Apply { get; init; }
}
