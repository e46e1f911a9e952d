using System.Text.Json;
using Google.Rpc;
using Grpc.Core;

namespace KeyService.Server.Tests.Client;

/// <summary>A failure as the caller sees it, alike over gRPC and over HTTP.</summary>
/// <param name="Reason">Of the ErrorInfo; null where the answer has none.</param>
/// <param name="Fields">Of the BadRequest.</param>
internal sealed record Refusal(StatusCode Code, string? Reason, IReadOnlyList<string> Fields, string Message)
{
    private const string TypePrefix = "type.googleapis.com/google.rpc.";

    public static Refusal Of(RpcException failure)
    {
        var status = failure.GetRpcStatus();
        var info = status?.Details.SingleOrDefault(any => any.Is(ErrorInfo.Descriptor))?.Unpack<ErrorInfo>();
        var fields = status?.Details.SingleOrDefault(any => any.Is(BadRequest.Descriptor))?.Unpack<BadRequest>();
        if (info is not null)
            Assert.Equal("keyservice", info.Domain);
        return new Refusal(failure.StatusCode, info?.Reason, [.. fields?.FieldViolations.Select(violation => violation.Field) ?? []], failure.Status.Detail);
    }

    public static Refusal Of(JsonElement json)
    {
        var details = json.GetProperty("details").EnumerateArray().ToDictionary(detail => detail.GetProperty("@type").GetString()!);
        string? reason = null;
        if (details.TryGetValue(TypePrefix + "ErrorInfo", out var info))
        {
            Assert.Equal("keyservice", info.GetProperty("domain").GetString());
            reason = info.GetProperty("reason").GetString();
        }

        string[] fields = details.TryGetValue(TypePrefix + "BadRequest", out var request)
            ? [.. request.GetProperty("fieldViolations").EnumerateArray().Select(violation => violation.GetProperty("field").GetString()!)]
            : [];
        return new Refusal((StatusCode)json.GetProperty("code").GetInt32(), reason, fields, json.GetProperty("message").GetString()!);
    }

    public static async Task<Refusal> OfAsync(Func<Task> call) => Of(await Assert.ThrowsAsync<RpcException>(call));
}
