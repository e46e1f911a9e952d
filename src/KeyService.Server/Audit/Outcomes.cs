using Grpc.Core;
using KeyService.Core;
using KeyService.Server.Api;

namespace KeyService.Server.Audit;

/// <summary>How a failure ends up in the audit log: as the caller is told of it.</summary>
internal static class Outcomes
{
    public const string Ok = "OK";

    public static (string Outcome, string? Error) Of(Exception failure, CancellationToken cancelled) => failure switch
    {
        KeyServiceException ours => (GrpcStatus.NameOf(GrpcStatus.For(ours.Error)), GrpcStatus.ReasonOf(ours.Error)),
        RpcException status => (GrpcStatus.NameOf(status.StatusCode), null),
        OperationCanceledException when cancelled.IsCancellationRequested => (GrpcStatus.NameOf(StatusCode.Cancelled), null),
        _ => (GrpcStatus.NameOf(StatusCode.Internal), null),
    };
}
