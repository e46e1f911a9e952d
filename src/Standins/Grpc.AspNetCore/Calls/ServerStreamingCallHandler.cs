using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Calls;

internal sealed class ServerStreamingCallHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse> pipeline,
    CallSettings settings, TimeProvider clock, ILogger logger)
    : StreamingCallHandler<TRequest, TResponse>(method, settings, clock, logger)
    where TRequest : class where TResponse : class
{
    protected override async Task InvokeAsync(HttpServerCallContext context)
    {
        var request = await context.CreateReader(Method.RequestMarshaller.ContextualDeserializer).ReadSingleAsync(CancellationToken.None);
        await pipeline(request, new ResponseStream<TResponse>(context, Method.ResponseMarshaller), context);
    }
}
