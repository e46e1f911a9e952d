using Grpc.AspNetCore.Server.Wire;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>Answers the HTTP requests of one method.</summary>
internal abstract class CallHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, CallSettings settings, TimeProvider clock, ILogger logger)
    where TRequest : class where TResponse : class
{
    protected Method<TRequest, TResponse> Method { get; } = method;

    public async Task HandleAsync(HttpContext httpContext)
    {
        if (GrpcProtocol.Rejects(httpContext))
            return;

        if (settings.MaxReceiveMessageSize is null || Method.Type is MethodType.ClientStreaming or MethodType.DuplexStreaming)
            LiftHttpLimits(httpContext.Features);
        using var context = new HttpServerCallContext(httpContext, Method, settings, logger);
        try
        {
            context.Start(clock);
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

    // A stream of requests may be long and quiet; its messages have their own limit.
    private static void LiftHttpLimits(IFeatureCollection features)
    {
        if (features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } bodySize)
            bodySize.MaxRequestBodySize = null;
        if (features.Get<IHttpMinRequestBodyDataRateFeature>() is { } dataRate)
            dataRate.MinDataRate = null;
    }
}
