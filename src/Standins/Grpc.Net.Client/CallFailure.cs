using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>Names what went wrong below gRPC.</summary>
internal static class CallFailure
{
    /// <summary>Null for what is a bug and not a failed call.</summary>
    public static Status? Of(Exception exception, CancellationToken deadline, CancellationToken cancellation) => exception switch
    {
        RpcException rpc => rpc.Status,
        _ when deadline.IsCancellationRequested => new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded", exception),
        _ when cancellation.IsCancellationRequested => new Status(StatusCode.Cancelled, "Call canceled by the client.", exception),
        HttpProtocolException protocol => OfReset(protocol),
        IOException { InnerException: HttpProtocolException protocol } => OfReset(protocol),
        HttpRequestException { InnerException: HttpProtocolException protocol } => OfReset(protocol),
        HttpRequestException or IOException => new Status(StatusCode.Unavailable, $"Error starting or continuing gRPC call. {exception.Message}", exception),
        FormatException => new Status(StatusCode.Internal, "A binary header of the response is not base64.", exception),
        OperationCanceledException => new Status(StatusCode.Cancelled, "Call canceled.", exception),
        _ => null,
    };

    // HTTP/2 error codes: RFC 9113, section 7.
    private static Status OfReset(HttpProtocolException exception) => new(
        exception.ErrorCode switch
        {
            0x7 => StatusCode.Unavailable, // REFUSED_STREAM
            0x8 => StatusCode.Cancelled, // CANCEL
            0xb => StatusCode.ResourceExhausted, // ENHANCE_YOUR_CALM
            0xc => StatusCode.PermissionDenied, // INADEQUATE_SECURITY
            _ => StatusCode.Internal,
        },
        exception.Message,
        exception);
}
