namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Responses;

internal static class JsonContent
{
    public const string Type = "application/json; charset=utf-8";
}
