using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Requests;

/// <summary>Rewrites base64url in bytes fields to the one base64 that protobuf's C# parser reads.</summary>
internal static class Base64Rewriter
{
    public static string Rewrite(JsonElement element, MessageDescriptor message)
    {
        if (JsonObject.Create(element) is not { } root)
            return element.GetRawText();
        InMessage(root, message);
        return root.ToJsonString();
    }

    private static void InMessage(JsonNode? node, MessageDescriptor message)
    {
        if (node is not JsonObject json || WellKnown.HasOwnJson(message))
            return;
        foreach (var (name, value) in json.ToArray()) // replaced while read
            InField(value, JsonNames.Field(message, name)!); // JsonShape has refused unknown ones
    }

    private static void InField(JsonNode? node, FieldDescriptor field)
    {
        var (values, valueField) = node switch
        {
            JsonObject map when field.IsMap => (map.Select(entry => entry.Value).ToArray(), field.MessageType.FindFieldByNumber(2)),
            JsonArray items when field.IsRepeated => ([.. items], field),
            _ => (new[] { node }, field),
        };
        foreach (var value in values)
            InValue(value, valueField);
    }

    private static void InValue(JsonNode? node, FieldDescriptor field)
    {
        if (field.FieldType == FieldType.Message)
            InMessage(node, field.MessageType);
        else if (field.FieldType == FieldType.Bytes && node is JsonValue value && value.TryGetValue<string>(out var text))
            value.ReplaceWith(Base64Text.Normalize(text));
    }
}
