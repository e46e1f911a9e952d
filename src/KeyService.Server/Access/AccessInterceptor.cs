using Grpc.Core;
using Grpc.Core.Interceptors;

namespace KeyService.Server.Access;

/// <summary>Lets a call in by what it asks for: over gRPC and as JSON alike. Health and reflection, which name no key set, are decided at the door.</summary>
internal sealed class AccessInterceptor(AccessControl access) : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        var lease = Admit(request, context);
        return lease == default ? continuation(request, context) : HoldAsync(lease, request, context, continuation); // a frame less on the way of most signatures
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        using var lease = Admit(request, context);
        await continuation(request, responseStream, context);
    }

    private static async Task<TResponse> HoldAsync<TRequest, TResponse>(
        CallerLimits.Lease lease, TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        where TRequest : class where TResponse : class
    {
        using (lease)
            return await continuation(request, context);
    }

    private CallerLimits.Lease Admit(object request, ServerCallContext context) => access.Admit(context.GetHttpContext(), AccessTable.Get(context.Method), request);
}
