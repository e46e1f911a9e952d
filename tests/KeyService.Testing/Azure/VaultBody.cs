using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;

namespace KeyService.Testing.Azure;

/// <summary>A JSON object of a request, read strictly: a member that the reference does not know is a client's mistake.</summary>
internal sealed class VaultBody
{
    private static readonly SearchValues<char> Base64UrlLetters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    private readonly JsonElement _object;

    public VaultBody(JsonElement element, params ReadOnlySpan<string> known)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw VaultRefusal.BadParameter("An object was expected.");
        foreach (var member in element.EnumerateObject())
        {
            if (!known.Contains(member.Name))
                throw VaultRefusal.BadParameter($"The member {member.Name} is not known.");
        }

        _object = element;
    }

    public static JsonElement Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return document.RootElement.Clone();
        }
        catch (JsonException exception)
        {
            throw VaultRefusal.BadParameter($"The body is not JSON: {exception.Message}");
        }
    }

    public JsonElement? Member(string name) =>
        _object.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public string? Text(string name) => Member(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        _ => throw VaultRefusal.BadParameter($"{name} must be a string."),
    };

    public string RequiredText(string name) => Text(name) ?? throw VaultRefusal.BadParameter($"{name} is missing.");

    public long? Number(string name) => Member(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt64(out var number) => number,
        _ => throw VaultRefusal.BadParameter($"{name} must be a whole number."),
    };

    public bool? Flag(string name) => Member(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True or JsonValueKind.False } value => value.GetBoolean(),
        _ => throw VaultRefusal.BadParameter($"{name} must be true or false."),
    };

    public string[]? Texts(string name) => Member(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } value => [.. value.EnumerateArray().Select(static item => item.GetString() ?? "")],
        _ => throw VaultRefusal.BadParameter($"{name} must be a list."),
    };

    /// <summary>base64url without padding (RFC 7515 §2).</summary>
    public byte[] Bytes(string name)
    {
        var text = RequiredText(name);
        return text.Length % 4 != 1 && !text.AsSpan().ContainsAnyExcept(Base64UrlLetters)
            ? Base64Url.DecodeFromChars(text)
            : throw VaultRefusal.BadParameter($"{name} must be base64url without padding.");
    }

    /// <summary>At most 15, names and values of at most 256 characters (About keys, secrets and certificates: limits).</summary>
    public Dictionary<string, string>? Tags()
    {
        if (Member("tags") is not { } tags)
            return null;
        if (tags.ValueKind != JsonValueKind.Object)
            throw VaultRefusal.BadParameter("tags must be an object.");
        var read = tags.EnumerateObject().ToDictionary(static tag => tag.Name, static tag => tag.Value.GetString() ?? "", StringComparer.Ordinal);
        return read.Count <= 15 && read.All(static tag => tag.Key.Length <= 256 && tag.Value.Length <= 256)
            ? read
            : throw VaultRefusal.BadParameter("There are at most 15 tags of 256 characters.");
    }
}
