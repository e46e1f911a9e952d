using Grpc.AspNetCore.Server.Reflection;
using Microsoft.AspNetCore.Routing;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps grpc.reflection, v1 and v1alpha.</summary>
public static class GrpcReflectionEndpointRouteBuilderExtensions
{
    /// <returns>Conventions for both versions, such as RequireAuthorization.</returns>
    public static IEndpointConventionBuilder MapGrpcReflectionService(this IEndpointRouteBuilder endpoints) =>
        new BothReflectionServices(endpoints.MapGrpcService<ReflectionService>(), endpoints.MapGrpcService<ReflectionAlphaService>());
}
