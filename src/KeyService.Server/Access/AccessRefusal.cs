using Google.Protobuf;
using KeyService.Core;
using KeyService.Server.Api;
using KeyService.Server.Configuration;
using KeyService.Server.Http;

namespace KeyService.Server.Access;

/// <summary>Answers a request that is not let in, in the protocol that it came in.</summary>
internal static class AccessRefusal
{
    private const string GrpcType = "application/grpc";

    /// <summary>Says which credentials would be taken (RFC 9110 §15.5.2, RFC 6750 §3).</summary>
    public static void Challenge(HttpContext http, AuthSettings settings) => http.Response.Headers.WWWAuthenticate =
        settings.Jwt.Count == 0 ? "Certificate realm=\"keyservice\""
        : http.Request.Headers.Authorization.Count == 0 ? "Bearer realm=\"keyservice\""
        : "Bearer realm=\"keyservice\", error=\"invalid_token\"";

    public static Task WriteAsync(HttpContext http, KeyServiceException failure)
    {
        if (http.Request.ContentType?.StartsWith(GrpcType, StringComparison.OrdinalIgnoreCase) != true)
            return HttpError.WriteAsync(http, failure);

        // A response of headers only, as gRPC over HTTP/2 allows for a call that failed at once.
        var status = GrpcStatus.Describe(failure);
        var response = http.Response;
        response.ContentType = GrpcType;
        response.Headers.GrpcStatus = status.Code.ToString(System.Globalization.CultureInfo.InvariantCulture);
        response.Headers.GrpcMessage = Uri.EscapeDataString(status.Message);
        response.Headers["grpc-status-details-bin"] = Convert.ToBase64String(status.ToByteArray());
        return Task.CompletedTask;
    }
}
