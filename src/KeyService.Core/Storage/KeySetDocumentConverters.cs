using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using KeyService.Core.Providers;
using KeyService.Core.Signing;

namespace KeyService.Core.Storage;

/// <summary>ISO 8601 in UTC to the tick. One instant has one spelling, else equal key sets would differ in bytes.</summary>
internal sealed class InstantJson : JsonConverter<DateTimeOffset>
{
    private const string Pattern = "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'";

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        DateTimeOffset.TryParseExact(
            DocumentText.Read(ref reader), Pattern, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            ? instant
            : throw new JsonException("Not an instant in UTC to the tick.");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString(Pattern, CultureInfo.InvariantCulture));
}

/// <summary>The invariant form <c>[d.]hh:mm:ss[.fffffff]</c>.</summary>
internal sealed class DurationJson : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        DocumentText.Read(ref reader) is var text
        && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var duration)
        && duration.ToString("c", CultureInfo.InvariantCulture) == text // "c" also reads "7", as seven days
            ? duration
            : throw new JsonException("Not a duration.");

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString("c", CultureInfo.InvariantCulture));
}

/// <summary>The JOSE name.</summary>
internal sealed class AlgorithmJson : JsonConverter<SigningAlgorithm>
{
    public override SigningAlgorithm Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        SigningAlgorithm.TryParse(DocumentText.Read(ref reader), out var algorithm)
            ? algorithm
            : throw new JsonException("Not an algorithm of this version.");

    public override void Write(Utf8JsonWriter writer, SigningAlgorithm value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Name);
}

internal sealed class HandleJson : JsonConverter<KeyHandle>
{
    public override KeyHandle Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(DocumentText.Read(ref reader));

    public override void Write(Utf8JsonWriter writer, KeyHandle value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Value);
}

file static class DocumentText
{
    /// <summary>A JsonException gets its path from the serializer; the reader's own InvalidOperationException would not.</summary>
    public static string Read(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException("Not a string."); // a string token is never null
}
