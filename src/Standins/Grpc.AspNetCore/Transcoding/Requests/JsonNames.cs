using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using Google.Protobuf.Reflection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Requests;

/// <summary>Finds a message's fields by the names that JSON may use: keySet, and key_set as in the proto.</summary>
internal static class JsonNames
{
    private static readonly ConditionalWeakTable<MessageDescriptor, FrozenDictionary<string, FieldDescriptor>> Known = [];

    public static FieldDescriptor? Field(MessageDescriptor message, string name) =>
        Known.GetValue(message, FieldsOf).GetValueOrDefault(name);

    private static FrozenDictionary<string, FieldDescriptor> FieldsOf(MessageDescriptor message)
    {
        var fields = new Dictionary<string, FieldDescriptor>(StringComparer.Ordinal);
        foreach (var field in message.Fields.InDeclarationOrder())
        {
            fields[field.Name] = field;
            fields[field.JsonName] = field;
        }

        return fields.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
