using Microsoft.AspNetCore.Builder;

namespace Grpc.AspNetCore.Server.Reflection;

/// <summary>Applies conventions to both versions of the service: who protects one means the other as well.</summary>
internal sealed class BothReflectionServices(IEndpointConventionBuilder current, IEndpointConventionBuilder alpha) : IEndpointConventionBuilder
{
    public void Add(Action<EndpointBuilder> convention)
    {
        current.Add(convention);
        alpha.Add(convention);
    }

    public void Finally(Action<EndpointBuilder> finallyConvention)
    {
        current.Finally(finallyConvention);
        alpha.Finally(finallyConvention);
    }
}
