using Google.Protobuf;
using KeyService.Core;
using KeyService.Server.Api;

namespace KeyService.Server.Http;

/// <summary>Our errors on the plain HTTP endpoints: the same JSON that transcoded calls answer with.</summary>
internal static class HttpError
{
    private static readonly JsonFormatter Formatter = new(new JsonFormatter.Settings(
        formatDefaultValues: true, GrpcStatus.Details));

    public static async Task WriteAsync(HttpContext context, KeyServiceException failure)
    {
        var response = context.Response;
        response.StatusCode = GrpcStatus.For(failure.Error) switch
        {
            Grpc.Core.StatusCode.NotFound => StatusCodes.Status404NotFound,
            Grpc.Core.StatusCode.InvalidArgument => StatusCodes.Status400BadRequest,
            Grpc.Core.StatusCode.Unauthenticated => StatusCodes.Status401Unauthorized,
            Grpc.Core.StatusCode.PermissionDenied => StatusCodes.Status403Forbidden,
            Grpc.Core.StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
            Grpc.Core.StatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
            _ => StatusCodes.Status500InternalServerError,
        };
        if (response.StatusCode is StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests)
            response.Headers.RetryAfter = "1";
        response.Headers.CacheControl = "no-store"; // a cached failure would outlive its cause
        response.ContentType = "application/json";
        if (!HttpMethods.IsHead(context.Request.Method))
            await response.WriteAsync(Formatter.Format(GrpcStatus.Describe(failure)), context.RequestAborted);
    }
}
