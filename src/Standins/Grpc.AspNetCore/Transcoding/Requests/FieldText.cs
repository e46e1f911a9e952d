using System.Globalization;
using System.Text.Json;
using Google.Protobuf.Reflection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Requests;

/// <summary>Turns text from a URL into the JSON that protobuf's own parser then reads and checks.</summary>
internal static class FieldText
{
    /// <summary>Whether one value of the field can be written as plain text.</summary>
    public static bool CanHold(FieldDescriptor field) => field switch
    {
        { IsMap: true } or { FieldType: FieldType.Group } => false,
        { FieldType: FieldType.Message } => WellKnown.IsText(field.MessageType) || WellKnown.IsWrapper(field.MessageType),
        _ => true,
    };

    /// <exception cref="FormatException">The text is not of the field's type.</exception>
    public static string ToJson(FieldDescriptor field, string text)
    {
        if (field.FieldType == FieldType.Message && WellKnown.IsWrapper(field.MessageType))
            return ToJson(field.MessageType.FindFieldByNumber(1), text);
        return field.FieldType switch
        {
            FieldType.Bool => text is "true" or "false" ? text : throw new FormatException("Not true or false"),
            FieldType.Enum when int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) => text,
            FieldType.Bytes => Quote(Base64Text.Normalize(text)),
            _ => Quote(text), // the parser takes numbers as strings too, and 64-bit ones without loss
        };
    }

    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
