using Grpc.AspNetCore.Server.Calls;
using Grpc.AspNetCore.Server.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.Server.Routing;

/// <summary>Maps the methods that the providers find for one service.</summary>
internal sealed class ServiceRoutes<TService>(
    IEnumerable<IServiceMethodProvider<TService>> providers,
    CallHandlerFactory<TService> handlers,
    IOptions<GrpcServiceOptions> options,
    UnknownCalls unknownCalls)
    where TService : class
{
    public IReadOnlyList<IEndpointConventionBuilder> Map(IEndpointRouteBuilder endpoints)
    {
        var context = new ServiceMethodProviderContext<TService>(handlers);
        foreach (var provider in providers)
            provider.OnServiceMethodDiscovery(context);
        if (context.Methods.Count == 0)
            throw new InvalidOperationException($"{typeof(TService)} has no gRPC methods: derive it from its generated base.");

        // The official server answers unknown methods of known services even when told to ignore unknown services; here they are ignored too.
        if (options.Value.IgnoreUnknownServices != true)
            unknownCalls.MapOnce(endpoints);

        return [.. context.Methods.Select(method => Map(endpoints, method))];
    }

    private static IEndpointConventionBuilder Map(IEndpointRouteBuilder endpoints, MethodModel model)
    {
        var endpoint = endpoints.Map(model.Pattern, model.Handler);
        endpoint.Add(builder =>
        {
            builder.DisplayName = $"gRPC - {model.Pattern.RawText}";
            builder.Metadata.Add(new GrpcMethodMetadata(typeof(TService), model.Method));
            foreach (var item in model.Metadata)
                builder.Metadata.Add(item);
            // No HttpMethodMetadata, though official endpoints have it: routing would judge paths by it before it has
            // matched them. GrpcProtocol and the transcoding of JSON look at the method themselves.
        });
        return endpoint;
    }
}
