using KeyService.Core.Providers;
using KeyService.Core.Signing;

namespace KeyService.Core.Keys;

/// <summary>One key pair of a key set. The private half lives in its provider.</summary>
public sealed record Key
{
    /// <summary>RFC 7638 SHA-256 thumbprint of <see cref="PublicKey"/>, base64url: 43 characters.</summary>
    public required string Kid { get; init; }

    public required SigningAlgorithm Algorithm { get; init; }

    /// <summary>Name of the provider that holds the private half.</summary>
    public required string Provider { get; init; }

    public required KeyHandle Handle { get; init; }

    /// <summary>The label that the provider's key carries; see <see cref="KeyIntent.Label"/>.</summary>
    public required string Label { get; init; }

    public required Jwk PublicKey { get; init; }

    public required KeyDates Dates { get; init; }

    /// <summary>True where the key signed before verifiers had time to learn of it: an emergency rotation made it.</summary>
    public bool Emergency { get; init; }

    /// <summary>Why it was made or revoked, in an operator's words.</summary>
    public string? Reason { get; init; }
}
