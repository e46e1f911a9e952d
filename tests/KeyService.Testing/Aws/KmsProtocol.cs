using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace KeyService.Testing.Aws;

/// <summary>AWS JSON 1.1 as KMS speaks it: the operation in X-Amz-Target, every error with its type in <c>__type</c>.</summary>
internal sealed class KmsProtocol(KmsState state, AwsAccount account, string region, TimeProvider time)
{
    private const string Target = "TrentService.";
    private const string MediaType = "application/x-amz-json-1.1";

    private readonly SigV4 _authentication = new(account, region, "kms", time);
    private readonly KmsKeyOperations _keys = new(state);
    private readonly KmsAliasOperations _aliases = new(state);
    private readonly KmsSignOperations _signing = new(state);

    /// <summary>The operation that the request asks for, as far as its target tells.</summary>
    public static string Operation(HttpRequest request)
    {
        var target = request.Headers["X-Amz-Target"].ToString();
        return target.StartsWith(Target, StringComparison.Ordinal) ? target[Target.Length..] : "";
    }

    public static async Task WriteErrorAsync(HttpResponse response, AwsErrorException error)
    {
        var body = new JsonObject { ["__type"] = error.Code, ["message"] = error.Message };
        await WriteAsync(response, error.Status, body);
    }

    public static async Task WriteAsync(HttpResponse response, int status, JsonObject body)
    {
        response.StatusCode = status;
        response.ContentType = MediaType;
        response.Headers["x-amzn-RequestId"] = Guid.NewGuid().ToString();
        await response.WriteAsync(body.ToJsonString());
    }

    public JsonObject Answer(HttpRequest request, byte[] body, AwsFault? fault)
    {
        var operation = Operation(request);
        if (operation.Length == 0 || request.ContentType != MediaType)
            throw new AwsErrorException("UnknownOperationException", "No X-Amz-Target of KMS, or another Content-Type.");

        var caller = _authentication.Authenticate(request, body);
        if (account.IsUserDenied && caller.SessionToken is null)
            throw new AwsErrorException("AccessDeniedException", $"User is not authorized to perform: kms:{operation}");

        using var document = Parse(body);
        return Dispatch(operation, document.RootElement, fault);
    }

    private JsonObject Dispatch(string operation, JsonElement members, AwsFault? fault) => operation switch
    {
        "CreateKey" => _keys.CreateKey(members),
        "DescribeKey" => _keys.DescribeKey(members),
        "ListKeys" => _keys.ListKeys(members),
        "ListResourceTags" => _keys.ListResourceTags(members),
        "TagResource" => _keys.TagResource(members),
        "UntagResource" => _keys.UntagResource(members),
        "EnableKey" => _keys.EnableKey(members),
        "DisableKey" => _keys.DisableKey(members),
        "ScheduleKeyDeletion" => _keys.ScheduleKeyDeletion(members),
        "CancelKeyDeletion" => _keys.CancelKeyDeletion(members),
        "CreateAlias" => _aliases.CreateAlias(members),
        "DeleteAlias" => _aliases.DeleteAlias(members),
        "ListAliases" => _aliases.ListAliases(members),
        "GetPublicKey" => _signing.GetPublicKey(members),
        "Sign" => _signing.Sign(members, fault),
        "Verify" => _signing.Verify(members),
        _ => throw new AwsErrorException("UnknownOperationException", $"This server does not know {operation}."),
    };

    private static JsonDocument Parse(byte[] body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            throw new AwsErrorException("SerializationException", "The body is no JSON.");
        }
    }
}
