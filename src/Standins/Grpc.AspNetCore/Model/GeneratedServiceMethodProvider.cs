namespace Grpc.AspNetCore.Server.Model;

/// <summary>Finds the methods of a service that derives from a generated base.</summary>
internal sealed class GeneratedServiceMethodProvider<TService> : IServiceMethodProvider<TService>
    where TService : class
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<TService> context)
    {
        // A service without a generated base may belong to another provider.
        if (GeneratedBinding.Of(typeof(TService)) is { } binding)
            binding.Bind(new ServiceBinder<TService>(context, binding.BaseType));
    }
}
