using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Requests;

/// <summary>A field of a message or of messages within it, such as <c>parent.name</c>.</summary>
internal sealed class FieldPath
{
    // Such a path comes from the caller's query; a recursive message would let it be as long as the URL.
    private const int MaxDepth = 32;
    private readonly FieldDescriptor[] _fields;

    private FieldPath(FieldDescriptor[] fields) => _fields = fields;

    public FieldDescriptor Leaf => _fields[^1];

    /// <summary>Null when a name is unknown, or one before the last is no single message. Knows proto and JSON names.</summary>
    public static FieldPath? Find(MessageDescriptor message, string dottedNames)
    {
        var names = dottedNames.Split('.', MaxDepth + 1);
        if (names.Length > MaxDepth)
            return null;
        var fields = new FieldDescriptor[names.Length];
        MessageDescriptor? parent = message;
        for (var i = 0; i < names.Length; i++)
        {
            if (parent is null || JsonNames.Field(parent, names[i]) is not { } field)
                return null;
            fields[i] = field;
            parent = field is { FieldType: FieldType.Message, IsRepeated: false } && !WellKnown.HasOwnJson(field.MessageType) ? field.MessageType : null;
        }

        return new FieldPath(fields);
    }

    public bool IsSameAs(FieldPath other) => _fields.SequenceEqual(other._fields);

    public bool StartsWith(FieldDescriptor field) => _fields[0] == field;

    /// <summary>The value, or null where it, or a message that holds it, is unset or the type's default.</summary>
    public object? ValueIn(IMessage message)
    {
        foreach (var field in _fields[..^1])
        {
            if (field.Accessor.GetValue(message) is not IMessage inner)
                return null;
            message = inner;
        }

        var value = Leaf.Accessor.GetValue(message);
        return IsDefault(value) ? null : value;
    }

    /// <summary>Sets the value; a repeated field is appended to.</summary>
    /// <param name="json">The value in protobuf's JSON.</param>
    /// <exception cref="IOException">The value does not fit the field.</exception>
    public void Fill(IMessage message, string json, JsonParser parser)
    {
        foreach (var field in _fields[..^1])
            message = Inner(message, field);
        var scratch = parser.Parse($$"""{"{{Leaf.JsonName}}":{{json}}}""", Leaf.ContainingType);
        message.MergeFrom(scratch.ToByteArray());
    }

    private static IMessage Inner(IMessage message, FieldDescriptor field)
    {
        if (field.Accessor.GetValue(message) is IMessage inner)
            return inner;
        inner = field.MessageType.Parser.ParseFrom(ByteString.Empty);
        field.Accessor.SetValue(message, inner);
        return inner;
    }

    private static bool IsDefault(object? value) => value switch
    {
        null => true,
        string text => text.Length == 0,
        ByteString bytes => bytes.IsEmpty,
        bool flag => !flag,
        IMessage => false,
        Enum number => Convert.ToInt32(number, provider: null) == 0,
        IConvertible number => number.ToDouble(provider: null) == 0,
        _ => false,
    };
}
