using System.Text.Json.Serialization;

namespace KeyService.Providers.Azure.Protocol;

// One record for each schema of the Keys REST reference, with the members that are used here.

internal sealed record CreateKeyBody(
    [property: JsonPropertyName("kty")] string KeyType,
    [property: JsonPropertyName("crv")] string? Curve,
    [property: JsonPropertyName("key_size")] int? KeySize,
    [property: JsonPropertyName("key_ops")] string[] Operations,
    [property: JsonPropertyName("attributes")] KeyAttributes Attributes,
    [property: JsonPropertyName("tags")] Dictionary<string, string> Tags);

internal sealed record UpdateKeyBody([property: JsonPropertyName("attributes")] KeyAttributes Attributes);

internal sealed record SignBody([property: JsonPropertyName("alg")] string Algorithm, [property: JsonPropertyName("value")] string Digest);

internal sealed record SignAnswer([property: JsonPropertyName("kid")] string? KeyId, [property: JsonPropertyName("value")] string? Signature);

/// <summary>Times are whole seconds since 1970.</summary>
internal sealed record KeyAttributes
{
    [JsonPropertyName("enabled")]
    public bool? Enabled { get; init; }

    [JsonPropertyName("nbf")]
    public long? NotBefore { get; init; }

    [JsonPropertyName("exp")]
    public long? Expires { get; init; }

    [JsonPropertyName("created")]
    public long? Created { get; init; }

    [JsonPropertyName("exportable")]
    public bool? Exportable { get; init; }
}

internal sealed record VaultKeyBody
{
    [JsonPropertyName("kid")]
    public string? KeyId { get; init; }

    [JsonPropertyName("kty")]
    public string? KeyType { get; init; }

    [JsonPropertyName("crv")]
    public string? Curve { get; init; }

    [JsonPropertyName("n")]
    public string? Modulus { get; init; }

    [JsonPropertyName("e")]
    public string? Exponent { get; init; }

    [JsonPropertyName("x")]
    public string? X { get; init; }

    [JsonPropertyName("y")]
    public string? Y { get; init; }
}

internal sealed record KeyBundle(
    [property: JsonPropertyName("key")] VaultKeyBody? Key,
    [property: JsonPropertyName("attributes")] KeyAttributes? Attributes,
    [property: JsonPropertyName("tags")] Dictionary<string, string>? Tags);

internal sealed record KeyItem(
    [property: JsonPropertyName("kid")] string? KeyId,
    [property: JsonPropertyName("attributes")] KeyAttributes? Attributes,
    [property: JsonPropertyName("tags")] Dictionary<string, string>? Tags);

internal sealed record KeyPage(
    [property: JsonPropertyName("value")] KeyItem?[]? Items,
    [property: JsonPropertyName("nextLink")] string? NextLink);

internal sealed record ErrorAnswer([property: JsonPropertyName("error")] ErrorBody? Error);

internal sealed record ErrorBody(
    [property: JsonPropertyName("code")] string? Code,
    [property: JsonPropertyName("message")] string? Message,
    [property: JsonPropertyName("innererror")] ErrorBody? Inner);
