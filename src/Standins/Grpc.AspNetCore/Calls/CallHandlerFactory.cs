using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>Makes the handlers of a service's methods.</summary>
internal sealed class CallHandlerFactory<TService>(
    IOptions<GrpcServiceOptions> options, Singletons singletons, TimeProvider clock, ILogger<TService> logger)
    where TService : class
{
    public CallSettings Settings { get; } = CallSettings.From(options.Value);

    /// <summary>From a request to a service of the call's scope, through the interceptors.</summary>
    public ServicePipeline<TService> Pipeline { get; } = new([.. options.Value.Interceptors], singletons);

    public UnaryCallHandler<TRequest, TResponse> Unary<TRequest, TResponse>(
        Method<TRequest, TResponse> method, UnaryServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class where TResponse : class =>
        new(method, Pipeline.Unary(invoker), Settings, clock, logger);

    public ClientStreamingCallHandler<TRequest, TResponse> ClientStreaming<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ClientStreamingServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class where TResponse : class =>
        new(method, Pipeline.ClientStreaming(invoker), Settings, clock, logger);

    public ServerStreamingCallHandler<TRequest, TResponse> ServerStreaming<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ServerStreamingServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class where TResponse : class =>
        new(method, Pipeline.ServerStreaming(invoker), Settings, clock, logger);

    public DuplexStreamingCallHandler<TRequest, TResponse> DuplexStreaming<TRequest, TResponse>(
        Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class where TResponse : class =>
        new(method, Pipeline.DuplexStreaming(invoker), Settings, clock, logger);
}
