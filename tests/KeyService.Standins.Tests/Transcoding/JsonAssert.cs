using System.Text.Json.Nodes;

namespace KeyService.Standins.Tests.Transcoding;

internal static class JsonAssert
{
    /// <summary>Answers hold all other fields too, with their defaults.</summary>
    public static void Contains(string expected, JsonNode? actual) => Contains(JsonNode.Parse(expected), actual);

    private static void Contains(JsonNode? expected, JsonNode? actual)
    {
        if (expected is JsonObject members && actual is JsonObject found)
        {
            foreach (var (name, value) in members)
                Contains(value, found[name]);
        }
        else if (expected is JsonArray items && actual is JsonArray others)
        {
            Assert.Equal(items.Count, others.Count);
            foreach (var (item, other) in items.Zip(others))
                Contains(item, other);
        }
        else
            Assert.Equal(expected?.ToJsonString(), actual?.ToJsonString());
    }
}
