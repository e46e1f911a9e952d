using KeyService.Core.Keys;

namespace KeyService.Core.Recovery;

/// <summary>All that is known of a key set whose record is lost, or older than its keys.</summary>
public sealed record RecoveryEvidence
{
    /// <summary>What the set is to be: name, signers and policy. Where the store holds it, that record, keys and revision included.</summary>
    public required KeySet Record { get; init; }

    /// <summary>Every key that the providers hold under a label of the set.</summary>
    public required IReadOnlyCollection<FoundKey> Found { get; init; }

    /// <summary>Kids of keys that were revoked: no provider tells.</summary>
    public IReadOnlySet<string> Revoked { get; init; } = new HashSet<string>();

    /// <summary>
    /// Kids and <c>alg</c> of the JWKS as it was served last, in its order; null where nobody has kept it. It tells what no provider does: which keys
    /// were published, and so neither revoked nor retired, in which order, and for which of two algorithms of one kind of key.
    /// </summary>
    public IReadOnlyList<(string Kid, string Algorithm)>? Published { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>How long a replica that still runs may sign by what it read last.</summary>
    public required TimeSpan Lag { get; init; }
}
