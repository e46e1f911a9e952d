using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>Calls a service of the call's scope through the interceptors, the first registered outermost.</summary>
internal sealed class ServicePipeline<TService>(IReadOnlyList<InterceptorRegistration> interceptors, Singletons singletons)
    where TService : class
{
    private static readonly Lazy<ObjectFactory<TService>> Factory = new(() => ActivatorUtilities.CreateFactory<TService>([]));

    public Core.UnaryServerMethod<TRequest, TResponse> Unary<TRequest, TResponse>(
        UnaryServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class where TResponse : class
    {
        Core.UnaryServerMethod<TRequest, TResponse> next = singletons.Find(typeof(TService)) is { } service
            ? (request, context) => invoker((TService)service.Value, request, context) // found by that type
            : (request, context) => WithNewAsync(context, made => invoker(made, request, context));
        foreach (var registration in interceptors.Reverse())
        {
            var inner = next;
            var shared = registration.Arguments.Count == 0 ? singletons.Find(registration.Type) : null;
            next = shared is not null
                ? (request, context) => ((Interceptor)shared.Value).UnaryServerHandler(request, context, inner) // registered as one
                : (request, context) => ThroughAsync(registration, context, each => each.UnaryServerHandler(request, context, inner));
        }

        return next;
    }

    public Core.ClientStreamingServerMethod<TRequest, TResponse> ClientStreaming<TRequest, TResponse>(
        ClientStreamingServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class where TResponse : class
    {
        Core.ClientStreamingServerMethod<TRequest, TResponse> next = (requests, context) =>
            WithNewAsync(context, service => invoker(service, requests, context));
        foreach (var registration in interceptors.Reverse())
        {
            var inner = next;
            next = (requests, context) =>
                ThroughAsync(registration, context, each => each.ClientStreamingServerHandler(requests, context, inner));
        }

        return next;
    }

    public Core.ServerStreamingServerMethod<TRequest, TResponse> ServerStreaming<TRequest, TResponse>(
        ServerStreamingServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class where TResponse : class
    {
        Core.ServerStreamingServerMethod<TRequest, TResponse> next = (request, responses, context) =>
            WithNewAsync(context, service => Finish(invoker(service, request, responses, context)));
        foreach (var registration in interceptors.Reverse())
        {
            var inner = next;
            next = (request, responses, context) => ThroughAsync(
                registration, context, each => Finish(each.ServerStreamingServerHandler(request, responses, context, inner)));
        }

        return next;
    }

    public Core.DuplexStreamingServerMethod<TRequest, TResponse> DuplexStreaming<TRequest, TResponse>(
        DuplexStreamingServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class where TResponse : class
    {
        Core.DuplexStreamingServerMethod<TRequest, TResponse> next = (requests, responses, context) =>
            WithNewAsync(context, service => Finish(invoker(service, requests, responses, context)));
        foreach (var registration in interceptors.Reverse())
        {
            var inner = next;
            next = (requests, responses, context) => ThroughAsync(
                registration, context, each => Finish(each.DuplexStreamingServerHandler(requests, responses, context, inner)));
        }

        return next;
    }

    /// <summary>With the registered service, or with a new one that lives as long as the call.</summary>
    private static async Task<T> WithNewAsync<T>(ServerCallContext context, Func<TService, Task<T>> call)
    {
        var services = context.GetHttpContext().RequestServices;
        if (services.GetService<TService>() is { } registered)
            return await call(registered);

        var made = Factory.Value(services, []);
        try
        {
            return await call(made);
        }
        finally
        {
            await DisposeAsync(made);
        }
    }

    private static Task<T> ThroughAsync<T>(InterceptorRegistration registration, ServerCallContext context, Func<Interceptor, Task<T>> call)
    {
        var (interceptor, ownedByCall) = registration.Resolve(context.GetHttpContext().RequestServices);
        return ownedByCall ? ThenDisposeAsync(interceptor, call) : call(interceptor);
    }

    private static async Task<T> ThenDisposeAsync<T>(Interceptor interceptor, Func<Interceptor, Task<T>> call)
    {
        try
        {
            return await call(interceptor);
        }
        finally
        {
            await DisposeAsync(interceptor);
        }
    }

    // One shape for methods with and without a result.
    private static async Task<bool> Finish(Task task)
    {
        await task;
        return true;
    }

    private static async ValueTask DisposeAsync(object made)
    {
        if (made is IAsyncDisposable asynchronous)
            await asynchronous.DisposeAsync();
        else
            (made as IDisposable)?.Dispose();
    }
}
