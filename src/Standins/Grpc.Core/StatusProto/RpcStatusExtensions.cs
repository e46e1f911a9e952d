namespace Grpc.Core;

/// <summary>Turns google.rpc.Status into the exception that sends it.</summary>
public static class RpcStatusExtensions
{
    public static RpcException ToRpcException(this Google.Rpc.Status status) =>
        status.ToRpcException((StatusCode)status.Code, status.Message);

    public static RpcException ToRpcException(this Google.Rpc.Status status, StatusCode statusCode, string message)
    {
        var trailers = new Metadata();
        trailers.SetRpcStatus(status);
        return new RpcException(new Status(statusCode, message), trailers);
    }
}
