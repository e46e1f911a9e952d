using Microsoft.AspNetCore.Http;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Responses;

/// <summary>A body of JSON, whole.</summary>
internal static class JsonContent
{
    public const string Type = "application/json; charset=utf-8";

    public static async Task WriteAsync(HttpResponse response, byte[] json)
    {
        if (!response.HasStarted)
        {
            response.ContentType = Type;
            response.ContentLength = json.Length;
        }

        await response.BodyWriter.WriteAsync(json, response.HttpContext.RequestAborted);
    }
}
