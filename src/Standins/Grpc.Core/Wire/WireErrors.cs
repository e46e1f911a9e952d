using Grpc.Core;

namespace KeyService.Standins.Wire;

/// <summary>What is wrong with received bytes.</summary>
internal static class WireErrors
{
    public static RpcException Internal(string detail, Exception? cause = null) =>
        new(new Status(StatusCode.Internal, detail, cause));

    public static RpcException ReceivedTooLarge() =>
        new(new Status(StatusCode.ResourceExhausted, "Received message exceeds the maximum configured message size."));
}
