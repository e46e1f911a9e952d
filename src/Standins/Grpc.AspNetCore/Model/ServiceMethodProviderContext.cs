using Grpc.AspNetCore.Server.Calls;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Grpc.AspNetCore.Server.Model;

/// <summary>Receives the methods that <see cref="IServiceMethodProvider{TService}"/> finds.</summary>
public class ServiceMethodProviderContext<TService>
    where TService : class
{
    private readonly CallHandlerFactory<TService> _handlers;

    internal ServiceMethodProviderContext(CallHandlerFactory<TService> handlers) => _handlers = handlers;

    internal List<MethodModel> Methods { get; } = [];

    public void AddUnaryMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, IList<object> metadata, UnaryServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class where TResponse : class =>
        AddMethod(method, PatternOf(method), metadata, _handlers.Unary(method, invoker).HandleAsync);

    public void AddClientStreamingMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, IList<object> metadata, ClientStreamingServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class where TResponse : class =>
        AddMethod(method, PatternOf(method), metadata, _handlers.ClientStreaming(method, invoker).HandleAsync);

    public void AddServerStreamingMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, IList<object> metadata, ServerStreamingServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class where TResponse : class =>
        AddMethod(method, PatternOf(method), metadata, _handlers.ServerStreaming(method, invoker).HandleAsync);

    public void AddDuplexStreamingMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, IList<object> metadata, DuplexStreamingServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class where TResponse : class =>
        AddMethod(method, PatternOf(method), metadata, _handlers.DuplexStreaming(method, invoker).HandleAsync);

    /// <summary>Adds an endpoint that answers a method by other means than gRPC.</summary>
    public void AddMethod(IMethod method, RoutePattern pattern, IList<object> metadata, RequestDelegate invoker) =>
        Methods.Add(new MethodModel(method, pattern, metadata, invoker));

    private static RoutePattern PatternOf(IMethod method) => RoutePatternFactory.Parse(method.FullName);
}
