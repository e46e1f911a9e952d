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

    protected TimeProvider Clock => clock;

    public Task HandleAsync(HttpContext httpContext)
    {
        if (GrpcProtocol.Rejects(httpContext))
            return Task.CompletedTask;

        if (settings.MaxReceiveMessageSize is null || Method.Type is MethodType.ClientStreaming or MethodType.DuplexStreaming)
            LiftHttpLimits(httpContext.Features);
        return RunAsync(httpContext);
    }

    protected HttpServerCallContext NewContext(HttpContext httpContext) => new(httpContext, Method, settings, logger);

    /// <summary>The whole call, from its first message to its status.</summary>
    protected abstract Task RunAsync(HttpContext httpContext);

    // A stream of requests may be long and quiet; its messages have their own limit.
    private static void LiftHttpLimits(IFeatureCollection features)
    {
        if (features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } bodySize)
            bodySize.MaxRequestBodySize = null;
        if (features.Get<IHttpMinRequestBodyDataRateFeature>() is { } dataRate)
            dataRate.MinDataRate = null;
    }
}
