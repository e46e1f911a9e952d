using Grpc.Core;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>A handler returned null.</summary>
internal static class NoResponse
{
    public static RpcException Exception() => new(new Status(StatusCode.Cancelled, "No message returned from method."));
}
