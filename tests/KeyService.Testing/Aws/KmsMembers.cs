using System.Buffers.Text;
using System.Text.Json;

namespace KeyService.Testing.Aws;

/// <summary>The members of a request, each checked for its type. One that the operation does not have is refused, which KMS itself passes over.</summary>
internal sealed class KmsMembers
{
    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);

    public KmsMembers(JsonElement members, params ReadOnlySpan<string> known)
    {
        if (members.ValueKind != JsonValueKind.Object)
            throw Serialization("the request is not an object");
        foreach (var member in members.EnumerateObject())
        {
            if (!known.Contains(member.Name))
                throw AwsErrorException.Validation($"Unknown member '{member.Name}'.");
            if (!_members.TryAdd(member.Name, member.Value))
                throw Serialization($"'{member.Name}' twice");
        }
    }

    public string Text(string name, int least, int most) =>
        OptionalText(name, least, most) ?? throw AwsErrorException.Validation($"Value null at '{name}' failed to satisfy constraint: Member must not be null");

    public string? OptionalText(string name, int least, int most)
    {
        if (!Has(name, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.String)
            throw Serialization($"'{name}' is no string");
        var text = value.GetString()!; // a JSON string, as was just checked
        return text.Length >= least && text.Length <= most
            ? text
            : throw AwsErrorException.Validation($"Value at '{name}' failed to satisfy constraint: Member must have length {least} to {most}");
    }

    public string Choice(string name, params string[] choices) =>
        OptionalChoice(name, choices) ?? throw AwsErrorException.Validation($"Value null at '{name}' failed to satisfy constraint: Member must not be null");

    public string? OptionalChoice(string name, params string[] choices)
    {
        var text = OptionalText(name, 0, 4096);
        return text is null || choices.Contains(text, StringComparer.Ordinal)
            ? text
            : throw AwsErrorException.Validation($"Value '{text}' at '{name}' failed to satisfy constraint: Member must satisfy enum value set: {string.Join(", ", choices)}");
    }

    public int? OptionalInteger(string name, int least, int most)
    {
        if (!Has(name, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var number))
            throw Serialization($"'{name}' is no integer");
        return number >= least && number <= most
            ? number
            : throw AwsErrorException.Validation($"Value '{number}' at '{name}' failed to satisfy constraint: Member must have value {least} to {most}");
    }

    public bool Flag(string name)
    {
        if (!Has(name, out var value))
            return false;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Serialization($"'{name}' is no boolean");
    }

    public byte[] Blob(string name, int least, int most)
    {
        var text = Text(name, 0, int.MaxValue);
        if (!Base64.IsValid(text))
            throw Serialization($"'{name}' is no Base64");
        var bytes = Convert.FromBase64String(text);
        return bytes.Length >= least && bytes.Length <= most
            ? bytes
            : throw AwsErrorException.Validation($"Value at '{name}' failed to satisfy constraint: Member must have length {least} to {most}");
    }

    public IReadOnlyList<JsonElement>? OptionalList(string name)
    {
        if (!Has(name, out var value))
            return null;
        return value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : throw Serialization($"'{name}' is no list");
    }

    private static AwsErrorException Serialization(string message) => new("SerializationException", message);

    private bool Has(string name, out JsonElement value) => _members.TryGetValue(name, out value) && value.ValueKind != JsonValueKind.Null;
}
