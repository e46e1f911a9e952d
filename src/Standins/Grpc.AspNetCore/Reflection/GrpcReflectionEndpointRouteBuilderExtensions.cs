using Grpc.AspNetCore.Server.Reflection;
using Microsoft.AspNetCore.Routing;

#pragma warning disable IDE0130 // the namespace is the official one
namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps grpc.reflection, v1 and v1alpha.</summary>
public static class GrpcReflectionEndpointRouteBuilderExtensions
{
    /// <returns>Conventions for both versions: who protects one means the other as well.</returns>
    public static GrpcServiceEndpointConventionBuilder MapGrpcReflectionService(this IEndpointRouteBuilder endpoints) =>
        new([endpoints.MapGrpcService<ReflectionService>(), endpoints.MapGrpcService<ReflectionAlphaService>()]);
}
