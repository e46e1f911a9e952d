using System.Diagnostics.CodeAnalysis;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Calls;

[SuppressMessage("Design", "CA1031", Justification = "Every failure of a handler becomes a status.")]
internal sealed class UnaryCallHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse> pipeline,
    CallSettings settings, TimeProvider clock, ILogger logger)
    : CallHandler<TRequest, TResponse>(method, settings, clock, logger)
    where TRequest : class where TResponse : class
{
    protected override Task RunAsync(HttpContext httpContext)
    {
        var context = NewContext(httpContext);
        return AnswerAsync(context, CallAsync(context));
    }

    // The one method that waits, since each is an object while it does, and nothing in it that is not needed meanwhile.
    private async Task AnswerAsync(HttpServerCallContext context, Task<TResponse> answering)
    {
        using (context)
        {
            try
            {
                await FinishAsync(context, await answering ?? throw NoResponse.Exception());
            }
            catch (Exception e)
            {
                await context.FailAsync(e);
            }
        }
    }

    private Task<TResponse> CallAsync(HttpServerCallContext context)
    {
        var reading = ReadAsync(context);
        if (!reading.IsCompletedSuccessfully)
            return CallLaterAsync(context, reading);
        try
        {
            return pipeline(reading.Result, context); // nearly always: the message came with the headers
        }
        catch (Exception e)
        {
            return Task.FromException<TResponse>(e);
        }
    }

    private async Task<TResponse> CallLaterAsync(HttpServerCallContext context, ValueTask<TRequest> reading) => await pipeline(await reading, context);

    private async ValueTask<TRequest> ReadAsync(HttpServerCallContext context)
    {
        context.Start(Clock);
        return await context.CreateReader(Method.RequestMarshaller.ContextualDeserializer).ReadSingleAsync(CancellationToken.None);
    }

    private async Task FinishAsync(HttpServerCallContext context, TResponse response)
    {
        // Not flushed: message and trailers leave together.
        await context.WriteAsync(response, Method.ResponseMarshaller, context.WriteOptions, flush: false, CancellationToken.None);
        await context.CompleteAsync();
    }
}
