using Google.Api;
using Google.Protobuf.Reflection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding;

/// <summary>Tells on a transcoded endpoint which method it calls, and by which rule.</summary>
public sealed class GrpcJsonTranscodingMetadata(MethodDescriptor methodDescriptor, HttpRule httpRule)
{
    public MethodDescriptor MethodDescriptor { get; } = methodDescriptor;

    public HttpRule HttpRule { get; } = httpRule;
}
