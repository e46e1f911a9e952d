using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Wire;

/// <summary>What makes an HTTP request a gRPC call.</summary>
internal static class GrpcProtocol
{
    public const string ContentType = "application/grpc";

    /// <summary>True for <c>application/grpc</c> and its variants (<c>+proto</c>), not for gRPC-Web.</summary>
    public static bool IsGrpcContentType(string? contentType) =>
        contentType is not null
        && contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == ContentType.Length || contentType[ContentType.Length] is ';' or '+');

    /// <summary>Answers with an HTTP error what is no gRPC call, and says whether it did.</summary>
    public static bool Rejects(HttpContext httpContext)
    {
        if (!HttpMethods.IsPost(httpContext.Request.Method))
        {
            httpContext.Response.Headers.Allow = HttpMethods.Post;
            httpContext.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return true;
        }

        if (!IsGrpcContentType(httpContext.Request.ContentType))
        {
            Reject(httpContext.Response, StatusCodes.Status415UnsupportedMediaType, $"Content-Type '{httpContext.Request.ContentType}' is not supported.");
            return true;
        }

        if (!HttpProtocol.IsHttp2(httpContext.Request.Protocol) && !HttpProtocol.IsHttp3(httpContext.Request.Protocol))
        {
            Reject(httpContext.Response, StatusCodes.Status426UpgradeRequired, $"Request protocol '{httpContext.Request.Protocol}' is not supported.");
            return true;
        }

        return false;
    }

    private static void Reject(HttpResponse response, int httpStatus, string detail)
    {
        ResponseStatus.SendTrailersOnly(response, new Status(StatusCode.Internal, detail));
        response.StatusCode = httpStatus;
    }
}
