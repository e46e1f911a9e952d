using Google.Protobuf;
using Grpc.Core;

namespace KeyService.Server.Tests.BadInput;

/// <summary>A request that is refused in the same way over gRPC and over HTTP.</summary>
/// <param name="Field">Named by a violation of BadRequest; null where the reason says all.</param>
internal sealed record ApiCase(string Rpc, IMessage Request, string? Field, string Reason = "INVALID_ARGUMENT", StatusCode Code = StatusCode.InvalidArgument)
{
    /// <summary>For what JSON or a URL cannot say: see <see cref="HttpBadInputTests"/> for those.</summary>
    public bool GrpcOnly { get; init; }
}
