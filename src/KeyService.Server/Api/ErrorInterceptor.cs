using Grpc.Core;
using Grpc.Core.Interceptors;
using KeyService.Core;

namespace KeyService.Server.Api;

/// <summary>The one road back for errors: ours become a rich status, anything else a bug that tells the caller nothing.</summary>
internal sealed class ErrorInterceptor(IHostApplicationLifetime lifetime, ILogger<ErrorInterceptor> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            RefuseWhenStopping();
            return await continuation(request, context);
        }
        catch (Exception e) when (Translate(e, context) is { } translated)
        {
            throw translated;
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            RefuseWhenStopping();
            await continuation(request, responseStream, context);
        }
        catch (Exception e) when (Translate(e, context) is { } translated)
        {
            throw translated;
        }
    }

    private void RefuseWhenStopping()
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
            throw new KeyServiceException(KeyServiceError.ShuttingDown, "The server is stopping.");
    }

    /// <summary>Null for what is to fly on as it is: a status made on purpose.</summary>
    private RpcException? Translate(Exception exception, ServerCallContext context)
    {
        switch (exception)
        {
            case RpcException:
                return null;
            case KeyServiceException failure:
                if (failure.InnerException is not null)
                    Log.CallFailed(logger, failure, context.Method, GrpcStatus.ReasonOf(failure.Error));
                return GrpcStatus.Describe(failure).ToRpcException();
            case OperationCanceledException when context.CancellationToken.IsCancellationRequested:
                return new RpcException(new Status(StatusCode.Cancelled, "The caller left."));
            default:
                Log.Unforeseen(logger, exception, context.Method);
                return new RpcException(new Status(StatusCode.Internal, "The server failed in an unforeseen way; its log tells more."));
        }
    }
}
