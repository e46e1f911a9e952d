using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Responses;

/// <summary>Writes messages and errors as JSON in UTF-8.</summary>
internal sealed class JsonResponseFormat(GrpcJsonTranscodingOptions options)
{
    private static readonly TypeRegistry ErrorDetails = TypeRegistry.FromFiles(ErrorDetailsReflection.Descriptor);

    private readonly JsonFormatter _formatter =
        new(Settings(options, options.TypeRegistry).WithIndentation(options.JsonSettings.WriteIndented ? "  " : null));

    private readonly JsonFormatter _lineFormatter = new(Settings(options, options.TypeRegistry));
    private readonly JsonFormatter _detailFormatter = new(Settings(options, ErrorDetails));

    /// <param name="field">The one field to write; null for the whole message.</param>
    public byte[] Whole(IMessage message, FieldDescriptor? field) => Format(_formatter, message, field);

    /// <summary>The same on one line, with the line's end.</summary>
    public byte[] Line(IMessage message, FieldDescriptor? field) => [.. Format(_lineFormatter, message, field), (byte)'\n'];

    public byte[] Error(Google.Rpc.Status status)
    {
        var error = new JsonObject
        {
            ["code"] = status.Code,
            ["message"] = status.Message,
            ["details"] = new JsonArray([.. status.Details.Select(Detail)]),
        };
        return JsonSerializer.SerializeToUtf8Bytes<JsonNode>(error);
    }

    private static byte[] Format(JsonFormatter formatter, IMessage message, FieldDescriptor? field)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        if (field is null)
            formatter.Format(message, text);
        else
            formatter.WriteValue(text, field.Accessor.GetValue(message));
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static JsonFormatter.Settings Settings(GrpcJsonTranscodingOptions options, TypeRegistry types) =>
        JsonFormatter.Settings.Default
            .WithFormatDefaultValues(!options.JsonSettings.IgnoreDefaultValues)
            .WithFormatEnumsAsIntegers(options.JsonSettings.WriteEnumsAsIntegers)
            .WithTypeRegistry(types);

    // A detail of a type that nobody registered must not turn an error into another one.
    private JsonNode? Detail(Any detail)
    {
        var name = Any.GetTypeName(detail.TypeUrl);
        if (ErrorDetails.Find(name) is not null)
            return JsonNode.Parse(_detailFormatter.Format(detail));
        return options.TypeRegistry.Find(name) is not null
            ? JsonNode.Parse(_lineFormatter.Format(detail))
            : new JsonObject { ["@type"] = detail.TypeUrl, ["value"] = detail.Value.ToBase64() };
    }
}
