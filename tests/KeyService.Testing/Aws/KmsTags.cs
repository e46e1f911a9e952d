using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace KeyService.Testing.Aws;

/// <summary>The rules of tags (API reference, Tag; TagResource, errors).</summary>
internal static partial class KmsTags
{
    private const int MostPerKey = 50;

    public static IReadOnlyList<KeyValuePair<string, string>> Read(KmsMembers members, bool required)
    {
        if (members.OptionalList("Tags") is not { } list)
            return required ? throw AwsErrorException.Validation("Value null at 'tags' failed to satisfy constraint: Member must not be null") : [];

        var tags = new List<KeyValuePair<string, string>>();
        foreach (var item in list)
        {
            var tag = new KmsMembers(item, "TagKey", "TagValue");
            tags.Add(new(CheckKey(tag.Text("TagKey", 1, 128)), CheckText(tag.Text("TagValue", 0, 256))));
        }

        return tags.Select(static tag => tag.Key).Distinct(StringComparer.Ordinal).Count() == tags.Count
            ? tags
            : throw Wrong("Duplicate tag keys");
    }

    public static IReadOnlyList<string> ReadKeys(KmsMembers members) =>
        [.. (members.OptionalList("TagKeys") ?? throw AwsErrorException.Validation("Value null at 'tagKeys' failed to satisfy constraint: Member must not be null"))
            .Select(static key => key.ValueKind == JsonValueKind.String ? CheckKey(key.GetString()!) : throw Wrong("A tag key is no string"))]; // a JSON string has a text

    public static void Put(KmsKey key, IReadOnlyList<KeyValuePair<string, string>> tags)
    {
        if (key.Tags.Keys.Union(tags.Select(static tag => tag.Key), StringComparer.Ordinal).Count() > MostPerKey)
            throw new AwsErrorException("LimitExceededException", $"A key has at most {MostPerKey} tags.");
        foreach (var (name, value) in tags)
            key.Tags[name] = value;
    }

    public static JsonObject Write(KeyValuePair<string, string> tag) => new() { ["TagKey"] = tag.Key, ["TagValue"] = tag.Value };

    private static string CheckKey(string key) => key.StartsWith("aws:", StringComparison.OrdinalIgnoreCase)
        ? throw Wrong("The prefix aws: is reserved")
        : CheckText(key);

    private static string CheckText(string text) => Form.IsMatch(text) ? text : throw Wrong("A character that tags do not take");

    private static AwsErrorException Wrong(string message) => new("TagException", message);

    [GeneratedRegex(@"^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$")]
    private static partial Regex Form { get; }
}
