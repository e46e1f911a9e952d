using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server.Calls;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Requests;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Responses;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Routing;
using Microsoft.Extensions.Logging;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>Turns the methods that have HTTP bindings into endpoints.</summary>
internal sealed class TranscodingBinder<TService>(
    ServiceMethodProviderContext<TService> context, Type baseType, ServiceDescriptor service, CallHandlerFactory<TService> calls,
    JsonParser parser, JsonResponseFormat format, TimeProvider clock, ILogger logger)
    : ServiceBinderBase
    where TService : class
{
    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, global::Grpc.Core.UnaryServerMethod<TRequest, TResponse>? handler)
    {
        var implementation = ImplementedMethod.Find(typeof(TService), baseType, method, typeof(TRequest), typeof(ServerCallContext));
        var pipeline = calls.Pipeline.Unary(implementation.CreateDelegate<UnaryServerMethod<TService, TRequest, TResponse>>());
        Add<TRequest>(method, ImplementedMethod.MetadataOf(typeof(TService), implementation), binding => async (request, call) =>
        {
            var response = await pipeline(request, call) ?? throw NoResponse.Exception();
            if (call.Status.StatusCode == StatusCode.OK)
                await JsonContent.WriteAsync(call.HttpContext.Response, format.Whole((IMessage)response, binding.ResponseField));
        });
    }

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, global::Grpc.Core.ServerStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var implementation = ImplementedMethod.Find(
            typeof(TService), baseType, method, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
        var pipeline = calls.Pipeline.ServerStreaming(implementation.CreateDelegate<ServerStreamingServerMethod<TService, TRequest, TResponse>>());
        Add<TRequest>(method, ImplementedMethod.MetadataOf(typeof(TService), implementation), binding => async (request, call) =>
        {
            var writer = new JsonLineWriter<TResponse>(call.HttpContext.Response, format, binding.ResponseField, call.CancellationToken);
            call.HttpContext.Response.ContentType = JsonContent.Type; // also of a stream without a message
            try
            {
                await pipeline(request, writer, call);
            }
            finally
            {
                writer.Complete();
            }
        });
    }

    // One HTTP request cannot carry a stream of messages; as officially, a binding of such a method has no effect.
    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, global::Grpc.Core.ClientStreamingServerMethod<TRequest, TResponse>? handler)
    {
    }

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, global::Grpc.Core.DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
    }

    private void Add<TRequest>(IMethod method, List<object> attributes, Func<TranscodingBinding, Func<TRequest, TranscodingCallContext, Task>> answerFor)
        where TRequest : class
    {
        var descriptor = service.FindMethodByName(method.Name);
        foreach (var (rule, binding) in HttpRuleReader.Bindings(descriptor))
        {
            var reader = new RequestReader(binding, descriptor.InputType, parser, calls.Settings.MaxReceiveMessageSize);
            var call = new TranscodedCall<TRequest>(
                method, reader, format, calls.Settings.EnableDetailedErrors, clock, logger, answerFor(binding));
            List<object> metadata = [.. attributes, binding, new GrpcJsonTranscodingMetadata(descriptor, rule)];
            context.AddMethod(method, TranscodingRoute.For(binding.Template), metadata, call.HandleAsync);
        }
    }
}
