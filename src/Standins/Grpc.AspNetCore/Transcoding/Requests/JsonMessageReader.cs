using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Requests;

/// <summary>Reads a request message from JSON and refuses what protobuf's parser lets pass or cannot name.</summary>
internal sealed class JsonMessageReader(JsonParser parser)
{
    /// <summary>How deep a body may nest.</summary>
    public const int MaxDepth = 64;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly JsonDocumentOptions DocumentOptions = new() { MaxDepth = MaxDepth };

    /// <param name="field">The one field of the message that the JSON is; null when the JSON is the whole message.</param>
    /// <exception cref="RequestRefusedException">The JSON is malformed or no such message.</exception>
    public IMessage Read(byte[] utf8, MessageDescriptor message, FieldDescriptor? field)
    {
        var text = Decode(utf8);
        using var body = Syntax(utf8);
        if (field is null)
            return Read(text, body.RootElement, message);
        // Safe only because the body has proved to be one whole value: a stray brace cannot close this object.
        text = $$"""{"{{field.JsonName}}":{{text}}}""";
        using var wrapped = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = MaxDepth + 1 });
        return Read(text, wrapped.RootElement, message);
    }

    private IMessage Read(string text, JsonElement root, MessageDescriptor message) =>
        Parse(Checked(text, root, message), root, message);

    /// <summary>Refuses wrong members, and rewrites base64 where that has to be.</summary>
    private static string Checked(string text, JsonElement root, MessageDescriptor message)
    {
        var shape = new JsonShape();
        try
        {
            if (shape.Fault(root, message) is { } fault)
                throw RequestRefusedException.ForField(fault.Field, fault.Description);
            return shape.HasOtherBase64 ? Base64Rewriter.Rewrite(root, message) : text;
        }
        catch (InvalidOperationException e) // which shows only when a name or value is looked at: the syntax alone allows it
        {
            throw RequestRefusedException.ForBody("it holds half a surrogate pair", e);
        }
    }

    private static string Decode(byte[] utf8)
    {
        try
        {
            return StrictUtf8.GetString(utf8);
        }
        catch (DecoderFallbackException e)
        {
            throw RequestRefusedException.ForBody("it is not UTF-8", e);
        }
    }

    private static JsonDocument Syntax(byte[] utf8)
    {
        try
        {
            return JsonDocument.Parse(utf8, DocumentOptions);
        }
        catch (JsonException e)
        {
            throw RequestRefusedException.ForBody(e.Message, e);
        }
    }

    /// <summary>Whether the parser means the JSON: an IOException in two kinds, another for an Any of an unknown type.</summary>
    public static bool IsComplaint(Exception exception) => exception is IOException or InvalidOperationException;

    private IMessage Parse(string text, JsonElement root, MessageDescriptor message)
    {
        try
        {
            return parser.Parse(text, message);
        }
        catch (Exception e) when (IsComplaint(e))
        {
            throw new JsonFaultFinder(parser).Find(root, message) is { } fault
                ? RequestRefusedException.ForField(fault.Field, fault.Description, e)
                : RequestRefusedException.ForBody(e.Message, e);
        }
    }
}
