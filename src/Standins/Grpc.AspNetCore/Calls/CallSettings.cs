using System.IO.Compression;
using KeyService.Standins.Wire;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>The options as calls need them, read once.</summary>
internal sealed record CallSettings(
    int? MaxReceiveMessageSize,
    int? MaxSendMessageSize,
    bool EnableDetailedErrors,
    CompressionLevel? ResponseCompression,
    IReadOnlyList<InterceptorRegistration> Interceptors)
{
    public static CallSettings From(GrpcServiceOptions options) => new(
        options.MaxReceiveMessageSize,
        options.MaxSendMessageSize,
        options.EnableDetailedErrors ?? false,
        options.ResponseCompressionAlgorithm switch
        {
            null or "identity" => null,
            Gzip.Name => options.ResponseCompressionLevel ?? CompressionLevel.Fastest,
            var other => throw new InvalidOperationException($"ResponseCompressionAlgorithm '{other}' is not supported; supported are gzip and identity."),
        },
        [.. options.Interceptors]);
}
