using Grpc.Core;
using Grpc.Core.Interceptors;

namespace KeyService.Standins.Tests.Transcoding;

/// <summary>Records each call and turns one exception into a status, as the product's own interceptor does.</summary>
internal sealed class RecordingInterceptor(RecordedCalls calls) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        calls.All.Enqueue((context.Method, request.ToString() ?? ""));
        try
        {
            return await continuation(request, context);
        }
        catch (InvalidOperationException)
        {
            throw new RpcException(new Status(StatusCode.FailedPrecondition, "mapped by the interceptor"));
        }
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        calls.All.Enqueue((context.Method, request.ToString() ?? ""));
        return continuation(request, responseStream, context);
    }
}
