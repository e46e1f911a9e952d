using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>Answers calls that are streams in one direction or both.</summary>
internal abstract class StreamingCallHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, CallSettings settings, TimeProvider clock, ILogger logger)
    : CallHandler<TRequest, TResponse>(method, settings, clock, logger)
    where TRequest : class where TResponse : class
{
    protected override async Task RunAsync(HttpContext httpContext)
    {
        using var context = NewContext(httpContext);
        try
        {
            context.Start(Clock);
            await InvokeAsync(context);
            await context.CompleteAsync();
        }
#pragma warning disable CA1031 // every failure of a handler becomes a status
        catch (Exception e)
#pragma warning restore CA1031
        {
            await context.FailAsync(e);
        }
    }

    protected abstract Task InvokeAsync(HttpServerCallContext context);
}
