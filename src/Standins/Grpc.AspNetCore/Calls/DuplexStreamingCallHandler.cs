using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Calls;

internal sealed class DuplexStreamingCallHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse> pipeline,
    CallSettings settings, TimeProvider clock, ILogger logger)
    : StreamingCallHandler<TRequest, TResponse>(method, settings, clock, logger)
    where TRequest : class where TResponse : class
{
    protected override Task InvokeAsync(HttpServerCallContext context) => pipeline(
        new RequestStream<TRequest>(context.CreateReader(Method.RequestMarshaller.ContextualDeserializer)),
        new ResponseStream<TResponse>(context, Method.ResponseMarshaller),
        context);
}
