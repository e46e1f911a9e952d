namespace Grpc.Core;

/// <summary>Reads error details from a failed call.</summary>
public static class RpcExceptionExtensions
{
    /// <summary>The details, or null when the server sent none that parse.</summary>
    public static Google.Rpc.Status? GetRpcStatus(this RpcException ex) =>
        ex.Trailers.GetRpcStatus(ignoreParseError: true);
}
