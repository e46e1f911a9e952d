using Google.Protobuf;
using Grpc.AspNetCore.Server.Calls;
using Grpc.AspNetCore.Server.Model;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Requests;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Responses;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>Adds to a service's gRPC endpoints those of its HTTP bindings.</summary>
internal sealed class TranscodingMethodProvider<TService>(
    CallHandlerFactory<TService> calls, IOptions<GrpcJsonTranscodingOptions> options, TimeProvider clock, ILogger<TService> logger)
    : IServiceMethodProvider<TService>
    where TService : class
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<TService> context)
    {
        // Only generated code has descriptors, and only descriptors have bindings.
        if (GeneratedBinding.Of(typeof(TService)) is not { Descriptor: { } descriptor } generated)
            return;
        var parser = new JsonParser(new JsonParser.Settings(JsonMessageReader.MaxDepth, options.Value.TypeRegistry));
        generated.Bind(new TranscodingBinder<TService>(
            context, generated.BaseType, descriptor, calls, parser, new JsonResponseFormat(options.Value), clock, logger));
    }
}
