using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Requests;

/// <summary>Rewrites base64url in bytes fields to the one base64 that protobuf's C# parser reads.</summary>
internal static class Base64Rewriter
{
    public static string Rewrite(JsonElement element, MessageDescriptor message) =>
        InMessage(JsonObject.Create(element), message)?.ToJsonString() ?? element.GetRawText();

    private static JsonNode? InMessage(JsonNode? node, MessageDescriptor message)
    {
        if (node is JsonObject json && !WellKnown.HasOwnJson(message))
        {
            foreach (var (name, value) in json.ToArray())
                json[name] = InField(value, JsonNames.Field(message, name)!);
        }

        return node;
    }

    private static JsonNode? InField(JsonNode? node, FieldDescriptor field)
    {
        switch (node)
        {
            case JsonObject map when field.IsMap:
                foreach (var (key, value) in map.ToArray())
                    map[key] = InValue(value, field.MessageType.FindFieldByNumber(2));
                return map;
            case JsonArray items when field.IsRepeated:
                for (var i = 0; i < items.Count; i++)
                    items[i] = InValue(items[i], field);
                return items;
            default:
                return InValue(node, field);
        }
    }

    private static JsonNode? InValue(JsonNode? node, FieldDescriptor field)
    {
        if (field.FieldType == FieldType.Message)
            return InMessage(node, field.MessageType);
        return field.FieldType == FieldType.Bytes && node is JsonValue value && value.TryGetValue<string>(out var text)
            ? Base64Text.Normalize(text)
            : node;
    }
}
