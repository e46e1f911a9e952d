using System.Collections.Immutable;
using System.Text.Json.Serialization;
using KeyService.Core.Providers;
using KeyService.Core.Signing;

namespace KeyService.Core.Storage;

// The members of the stored document, in the order in which they are written. They stand apart from the domain's types so
// that renaming a property there cannot change what is stored. Members that may be missing are nullable and left out when
// null; all others are required when read.

/// <summary>The one member that every format has.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
internal sealed record FormatModel
{
    public required int Format { get; init; }
}

internal sealed record KeySetModel
{
    public required int Format { get; init; }
    public required string Name { get; init; }
    public required long Revision { get; init; }
    public required DateTimeOffset Created { get; init; }
    public DateTimeOffset? Deleted { get; init; }
    public string? Issuer { get; init; }

    public required bool LegacyEdDsaName { get; init; }
    public required PolicyModel Policy { get; init; }
    public DateTimeOffset? CachesUntil { get; init; }
    public required ImmutableArray<SignerModel> Signers { get; init; }
    public required ImmutableArray<KeyModel> Keys { get; init; }
    public required ImmutableArray<IntentModel> Intents { get; init; }
    public required ImmutableArray<RequestModel> Requests { get; init; }
}

internal sealed record PolicyModel
{
    public required TimeSpan Propagation { get; init; }
    public required TimeSpan MaxTokenLifetime { get; init; }
    public required TimeSpan Retention { get; init; }
    public required TimeSpan ClockSkew { get; init; }
    public TimeSpan? RotationPeriod { get; init; }
}

internal sealed record SignerModel
{
    public required SigningAlgorithm Algorithm { get; init; }
    public required string Provider { get; init; }
    public int? ModulusBits { get; init; }
}

internal sealed record KeyModel
{
    public required string Kid { get; init; }
    public required SigningAlgorithm Algorithm { get; init; }
    public required string Provider { get; init; }
    public required KeyHandle Handle { get; init; }
    public required string Label { get; init; }
    public required JwkModel PublicKey { get; init; }
    public required DatesModel Dates { get; init; }
    public required bool Emergency { get; init; }
    public string? Reason { get; init; }
}

/// <summary>RFC 7517 and RFC 7518 §6 names. A private member (<c>d</c>, <c>p</c> …) is unknown here, and so refused.</summary>
internal sealed record JwkModel
{
    [JsonPropertyName("kty")]
    public required string KeyType { get; init; }

    [JsonPropertyName("crv")]
    public string? Curve { get; init; }

    [JsonPropertyName("x")]
    public string? X { get; init; }

    [JsonPropertyName("y")]
    public string? Y { get; init; }

    [JsonPropertyName("n")]
    public string? Modulus { get; init; }

    [JsonPropertyName("e")]
    public string? Exponent { get; init; }

    [JsonPropertyName("alg")]
    public string? Algorithm { get; init; }

    [JsonPropertyName("pub")]
    public string? Public { get; init; }
}

internal sealed record DatesModel
{
    public required DateTimeOffset Created { get; init; }
    public required DateTimeOffset Published { get; init; }
    public required DateTimeOffset Activates { get; init; }
    public DateTimeOffset? Deactivates { get; init; }
    public DateTimeOffset? Unpublishes { get; init; }
    public DateTimeOffset? Destroys { get; init; }
    public DateTimeOffset? TokensUntil { get; init; }
    public DateTimeOffset? SignedUntil { get; init; }
    public DateTimeOffset? Compromised { get; init; }
    public DateTimeOffset? Erased { get; init; }
}

internal sealed record IntentModel
{
    public required string Id { get; init; }
    public required SigningAlgorithm Algorithm { get; init; }
    public required string Provider { get; init; }
    public required DateTimeOffset Created { get; init; }
    public required bool Scheduled { get; init; }
    public required bool Emergency { get; init; }
    public string? Reason { get; init; }
    public DateTimeOffset? GivenUp { get; init; }
}

internal sealed record RequestModel
{
    public required string Id { get; init; }
    public required string Fingerprint { get; init; }
    public required DateTimeOffset Received { get; init; }
    public required ImmutableArray<string> IntentIds { get; init; }
}
