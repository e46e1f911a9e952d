using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Calls;

internal sealed class UnaryCallHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse> pipeline,
    CallSettings settings, TimeProvider clock, ILogger logger)
    : CallHandler<TRequest, TResponse>(method, settings, clock, logger)
    where TRequest : class where TResponse : class
{
    // One method for all that waits, since each is an object while it does, and nothing in it that is not needed meanwhile.
    protected override async Task RunAsync(HttpContext httpContext)
    {
        using var context = NewContext(httpContext);
        try
        {
            context.Start(Clock);
            var request = await context.CreateReader(Method.RequestMarshaller.ContextualDeserializer).ReadSingleAsync(CancellationToken.None);
            var response = await pipeline(request, context) ?? throw NoResponse.Exception();
            await FinishAsync(context, response);
        }
#pragma warning disable CA1031 // every failure of a handler becomes a status
        catch (Exception e)
#pragma warning restore CA1031
        {
            await context.FailAsync(e);
        }
    }

    private async Task FinishAsync(HttpServerCallContext context, TResponse response)
    {
        // Not flushed: message and trailers leave together.
        await context.WriteAsync(response, Method.ResponseMarshaller, context.WriteOptions, flush: false, CancellationToken.None);
        await context.CompleteAsync();
    }
}
