using Google.Protobuf;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Routing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Requests;

/// <summary>Puts a request message together from an HTTP request's body, path and query.</summary>
internal sealed class RequestReader(TranscodingBinding binding, MessageDescriptor message, JsonParser parser, int? maxSize)
{
    private readonly JsonMessageReader _json = new(parser);

    /// <exception cref="RequestRefusedException">Says what is wrong with the request.</exception>
    public async Task<IMessage> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var result = await ReadBodyAsync(request, cancellationToken) ?? message.Parser.ParseFrom(ByteString.Empty);
        FillFromPath(result, request.RouteValues);
        var seen = new List<FieldPath>();
        foreach (var (name, values) in request.Query)
            FillFromQuery(result, name, [.. values.Select(value => value ?? "")], seen);
        return result;
    }

    private async Task<IMessage?> ReadBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!binding.HasBody)
        {
            await RequestBody.RefuseAnyAsync(request, cancellationToken);
            return null;
        }

        var body = await RequestBody.ReadJsonAsync(request, maxSize, cancellationToken);
        return body is null ? null : _json.Read(body, message, binding.BodyField);
    }

    private void FillFromPath(IMessage result, RouteValueDictionary routeValues)
    {
        for (var i = 0; i < binding.PathFields.Count; i++)
        {
            var field = binding.PathFields[i];
            var name = binding.Template.Variables[i].FieldPath;
            // A default in the body is no other value: proto3 cannot tell it from an absent one.
            var inBody = field.ValueIn(result);
            Fill(result, field, name, [(string)routeValues[name]!]); // the matcher policy set it
            if (inBody is not null && !inBody.Equals(field.ValueIn(result)))
                throw RequestRefusedException.ForField(name, "the body has another value than the path");
        }
    }

    // The official package ignores parameters it cannot place. A misspelt one is better refused, like a misspelt member.
    private void FillFromQuery(IMessage result, string name, string[] values, List<FieldPath> seen)
    {
        if (!binding.TakesQuery || FieldPath.Find(message, name) is not { } field || !FieldText.CanHold(field.Leaf))
            throw RequestRefusedException.ForField(name, "unknown query parameter");
        if (binding.PathFields.Any(field.IsSameAs))
            throw RequestRefusedException.ForField(name, "the path holds this field already");
        if (binding.BodyField is { } bodyField && field.StartsWith(bodyField))
            throw RequestRefusedException.ForField(name, "the body holds this field already");
        if (!field.Leaf.IsRepeated && (values.Length > 1 || seen.Exists(field.IsSameAs)))
            throw RequestRefusedException.ForField(name, "duplicate query parameter");
        seen.Add(field);
        Fill(result, field, name, values);
    }

    private void Fill(IMessage result, FieldPath field, string name, string[] values)
    {
        try
        {
            var json = values.Select(value => FieldText.ToJson(field.Leaf, value));
            field.Fill(result, field.Leaf.IsRepeated ? $"[{string.Join(',', json)}]" : json.Single(), parser);
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            throw RequestRefusedException.ForField(name, e.Message, e);
        }
    }
}
