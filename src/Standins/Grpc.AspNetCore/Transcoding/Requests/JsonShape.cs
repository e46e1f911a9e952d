using System.Text.Json;
using Google.Protobuf.Reflection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Requests;

/// <summary>Looks for members that the message does not have or that appear twice.</summary>
/// <remarks>
/// Protobuf's parser lets the last of two equal members win. A proxy that checks the first one would then have checked
/// something else than what is executed.
/// </remarks>
internal sealed class JsonShape
{
    /// <summary>Whether a bytes field was seen in a base64 that protobuf's C# parser does not read.</summary>
    public bool HasOtherBase64 { get; private set; }

    public JsonFault? Fault(JsonElement element, MessageDescriptor message) => InMessage(element, message, "");

    private JsonFault? InMessage(JsonElement element, MessageDescriptor message, string path)
    {
        if (element.ValueKind != JsonValueKind.Object)
            return null; // the parser will say what it wants instead
        if (WellKnown.HasOwnJson(message))
            return InFreeForm(element, path.TrimEnd('.'));
        var seen = new HashSet<int>();
        foreach (var member in element.EnumerateObject())
        {
            var name = path + member.Name;
            if (JsonNames.Field(message, member.Name) is not { } field)
                return new JsonFault(name, "unknown field");
            if (!seen.Add(field.FieldNumber))
                return new JsonFault(name, "duplicate field");
            if (InField(member.Value, field, name) is { } fault)
                return fault;
        }

        return null;
    }

    private JsonFault? InField(JsonElement element, FieldDescriptor field, string path)
    {
        if (field.IsMap)
            return InMap(element, field, path);
        return field.IsRepeated ? FirstOf(element, path, (item, itemPath) => InValue(item, field, itemPath)) : InValue(element, field, path);
    }

    private JsonFault? InValue(JsonElement element, FieldDescriptor field, string path)
    {
        if (field.FieldType == FieldType.Bytes && element.ValueKind == JsonValueKind.String)
            HasOtherBase64 |= !Base64Text.IsStandard(element.GetString()!); // a string element always has one
        return field.FieldType == FieldType.Message ? InMessage(element, field.MessageType, path + ".") : null;
    }

    private JsonFault? InMap(JsonElement element, FieldDescriptor field, string path)
    {
        if (element.ValueKind != JsonValueKind.Object)
            return null;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var valueField = field.MessageType.FindFieldByNumber(2);
        foreach (var member in element.EnumerateObject())
        {
            var name = $"{path}[{member.Name}]";
            if (!seen.Add(member.Name))
                return new JsonFault(name, "duplicate key");
            if (InValue(member.Value, valueField, name) is { } fault)
                return fault;
        }

        return null;
    }

    private static JsonFault? InFreeForm(JsonElement element, string path)
    {
        if (element.ValueKind == JsonValueKind.Array)
            return FirstOf(element, path, InFreeForm);
        if (element.ValueKind != JsonValueKind.Object)
            return null;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in element.EnumerateObject())
        {
            var name = $"{path}.{member.Name}";
            if (!seen.Add(member.Name))
                return new JsonFault(name, "duplicate field");
            if (InFreeForm(member.Value, name) is { } fault)
                return fault;
        }

        return null;
    }

    private static JsonFault? FirstOf(JsonElement array, string path, Func<JsonElement, string, JsonFault?> inItem)
    {
        if (array.ValueKind != JsonValueKind.Array)
            return null;
        var index = 0;
        foreach (var item in array.EnumerateArray())
        {
            if (inItem(item, $"{path}[{index++}]") is { } fault)
                return fault;
        }

        return null;
    }
}
