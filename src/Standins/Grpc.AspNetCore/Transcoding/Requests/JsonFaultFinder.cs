using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Requests;

/// <summary>
/// Names the field that protobuf's parser did not take. Its exceptions do not, so the members are parsed again one by
/// one, until one fails.
/// </summary>
internal sealed class JsonFaultFinder(JsonParser parser)
{
    // Each level parses its part of the body again, so a deep body must not buy much work.
    private const int MaxLevels = 4;

    /// <summary>Null when no single member is at fault, as with two members of one oneof.</summary>
    public JsonFault? Find(JsonElement element, MessageDescriptor message) => InMessage(element, message, "", level: 0);

    private JsonFault? InMessage(JsonElement element, MessageDescriptor message, string path, int level)
    {
        if (element.ValueKind != JsonValueKind.Object || level == MaxLevels || WellKnown.HasOwnJson(message))
            return null;
        foreach (var member in element.EnumerateObject())
        {
            var field = JsonNames.Field(message, member.Name)!; // JsonShape has refused unknown ones
            if (Complaint(field, member.Value.GetRawText()) is { } complaint)
                return Deeper(member.Value, field, path + member.Name, level) ?? new JsonFault(path + member.Name, complaint);
        }

        return null;
    }

    private JsonFault? Deeper(JsonElement element, FieldDescriptor field, string path, int level)
    {
        if (field.IsMap)
            return null; // the map's name will do
        if (!field.IsRepeated)
            return InValue(element, field, path, level);
        if (element.ValueKind != JsonValueKind.Array)
            return null;
        var index = 0;
        foreach (var item in element.EnumerateArray())
        {
            var itemPath = $"{path}[{index++}]";
            if (Complaint(field, $"[{item.GetRawText()}]") is { } complaint)
                return InValue(item, field, itemPath, level) ?? new JsonFault(itemPath, complaint);
        }

        return null;
    }

    private JsonFault? InValue(JsonElement element, FieldDescriptor field, string path, int level) =>
        field.FieldType == FieldType.Message ? InMessage(element, field.MessageType, path + ".", level + 1) : null;

    private string? Complaint(FieldDescriptor field, string json)
    {
        try
        {
            parser.Parse($$"""{"{{field.JsonName}}":{{json}}}""", field.ContainingType);
            return null;
        }
        catch (Exception e) when (JsonMessageReader.IsComplaint(e))
        {
            return e.Message;
        }
    }
}
