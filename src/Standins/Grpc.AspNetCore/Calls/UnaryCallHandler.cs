using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Calls;

internal sealed class UnaryCallHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse> pipeline,
    CallSettings settings, TimeProvider clock, ILogger logger)
    : CallHandler<TRequest, TResponse>(method, settings, clock, logger)
    where TRequest : class where TResponse : class
{
    protected override async Task InvokeAsync(HttpServerCallContext context)
    {
        var request = await context.CreateReader(Method.RequestMarshaller.ContextualDeserializer).ReadSingleAsync(CancellationToken.None);
        var response = await pipeline(request, context) ?? throw NoResponse.Exception();
        // Not flushed: message and trailers leave together.
        await context.WriteAsync(response, Method.ResponseMarshaller, context.WriteOptions, flush: false, CancellationToken.None);
    }
}
