using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Calls;

internal sealed class ClientStreamingCallHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse> pipeline,
    CallSettings settings, TimeProvider clock, ILogger logger)
    : StreamingCallHandler<TRequest, TResponse>(method, settings, clock, logger)
    where TRequest : class where TResponse : class
{
    protected override async Task InvokeAsync(HttpServerCallContext context)
    {
        var requests = new RequestStream<TRequest>(context.CreateReader(Method.RequestMarshaller.ContextualDeserializer));
        var response = await pipeline(requests, context) ?? throw NoResponse.Exception();
        await context.WriteAsync(response, Method.ResponseMarshaller, context.WriteOptions, flush: false, CancellationToken.None);
    }
}
