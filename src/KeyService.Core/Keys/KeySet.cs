using System.Collections.Immutable;
using KeyService.Core.Signing;

namespace KeyService.Core.Keys;

/// <summary>A named group of signing keys of one issuer: the unit that is stored, rotated and published.</summary>
public sealed record KeySet
{
    public required string Name { get; init; }

    /// <summary>Counts the saved versions: 0 before the first save, then one more with each.</summary>
    public long Revision { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>When it was deleted: it signs no more, and goes for good once its last key is gone.</summary>
    public DateTimeOffset? Deleted { get; init; }

    /// <summary>The <c>iss</c> of its tokens, an https URL; null where it has none, and then no discovery document either.</summary>
    public string? Issuer { get; init; }

    /// <summary>True where Ed25519 keys and tokens carry <c>alg</c> EdDSA (RFC 8037) in place of Ed25519 (RFC 9864).</summary>
    public bool LegacyEdDsaName { get; init; }

    public required KeySetPolicy Policy { get; init; }

    /// <summary>
    /// Until when caches of the JWKS, and replicas, may go by an earlier policy with a longer propagation; null where the present policy
    /// tells.
    /// </summary>
    public DateTimeOffset? CachesUntil { get; init; }

    public required ImmutableArray<Signer> Signers { get; init; }

    /// <summary>In order of creation. Holds destroyed keys too until they are forgotten.</summary>
    public ImmutableArray<Key> Keys { get; init; } = [];

    /// <summary>Keys that are being made.</summary>
    public ImmutableArray<KeyIntent> Intents { get; init; } = [];

    /// <summary>The latest requests with an id, oldest first.</summary>
    public ImmutableArray<HandledRequest> Requests { get; init; } = [];

    /// <summary>The algorithm as it is named in the JWKS and in JWS headers.</summary>
    public SigningAlgorithm Published(SigningAlgorithm algorithm) =>
        LegacyEdDsaName && algorithm == SigningAlgorithm.Ed25519 ? SigningAlgorithm.EdDsa : algorithm;
}
