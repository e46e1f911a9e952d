using System.Diagnostics.CodeAnalysis;
using Grpc.AspNetCore.Server.Routing;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

#pragma warning disable IDE0130 // the namespace is the official one
namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps gRPC services.</summary>
public static class GrpcEndpointRouteBuilderExtensions
{
    public static GrpcServiceEndpointConventionBuilder MapGrpcService<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors | DynamicallyAccessedMemberTypes.PublicMethods)] TService>(
        this IEndpointRouteBuilder builder)
        where TService : class
    {
        var routes = builder.ServiceProvider.GetService<ServiceRoutes<TService>>()
            ?? throw new InvalidOperationException("gRPC is not registered: call IServiceCollection.AddGrpc first.");
        return new GrpcServiceEndpointConventionBuilder(routes.Map(builder));
    }
}
