using Google.Protobuf.Reflection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Requests;

/// <summary>Which messages of google.protobuf have a JSON form of their own.</summary>
internal static class WellKnown
{
    private const string Package = "google.protobuf.";

    /// <summary>Whether JSON writes the message otherwise than as an object of its fields.</summary>
    public static bool HasOwnJson(MessageDescriptor message) =>
        message.FullName.StartsWith(Package, StringComparison.Ordinal)
        && (IsText(message) || IsWrapper(message) || message.Name is "Any" or "Struct" or "Value" or "ListValue");

    /// <summary>Whether JSON writes the message as a string.</summary>
    public static bool IsText(MessageDescriptor message) =>
        message.FullName is Package + "Timestamp" or Package + "Duration" or Package + "FieldMask";

    /// <summary>Whether the message only wraps one scalar, and JSON writes just that.</summary>
    public static bool IsWrapper(MessageDescriptor message) =>
        message.FullName.StartsWith(Package, StringComparison.Ordinal)
        && message.Name is "BoolValue" or "BytesValue" or "DoubleValue" or "FloatValue" or "Int32Value" or "Int64Value"
            or "StringValue" or "UInt32Value" or "UInt64Value";
}
