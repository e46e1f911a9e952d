namespace Grpc.AspNetCore.Server.Model;

/// <summary>Finds a service's methods when it is mapped. Each registered provider adds its own endpoints.</summary>
public interface IServiceMethodProvider<TService>
    where TService : class
{
    void OnServiceMethodDiscovery(ServiceMethodProviderContext<TService> context);
}
