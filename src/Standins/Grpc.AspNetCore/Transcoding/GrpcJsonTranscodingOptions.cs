using Google.Protobuf.Reflection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding;

/// <summary>How gRPC methods are offered as JSON over HTTP.</summary>
public sealed class GrpcJsonTranscodingOptions
{
    /// <summary>The types that google.protobuf.Any may hold in requests and responses. Those of google.rpc's error details are known anyway.</summary>
    public TypeRegistry TypeRegistry { get; set; } = TypeRegistry.Empty;

    public GrpcJsonSettings JsonSettings { get; set; } = new();
}
