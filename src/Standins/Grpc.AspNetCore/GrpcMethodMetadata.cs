using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>Tells from an endpoint which gRPC method it is.</summary>
public sealed class GrpcMethodMetadata(Type serviceType, IMethod method)
{
    public Type ServiceType { get; } = serviceType;

    public IMethod Method { get; } = method;
}
