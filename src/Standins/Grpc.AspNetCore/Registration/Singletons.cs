using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>Services that are the same for every call: found once, so that no call needs a scope for them.</summary>
internal sealed class Singletons(IServiceCollection services, IServiceProvider root)
{
    /// <summary>Made at the first call, not when it is mapped. Null for what is registered otherwise, or not at all.</summary>
    public Lazy<object>? Find(Type type) =>
        services.LastOrDefault(service => service.ServiceType == type && !service.IsKeyedService) is { Lifetime: ServiceLifetime.Singleton } ? new(() => root.GetRequiredService(type)) : null;
}
