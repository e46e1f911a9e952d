using System.Runtime.CompilerServices;
using Grpc.Core;
using Grpc.Core.Interceptors;
using KeyService.Core;
using KeyService.Server.Signing;
using KeyService.Server.Telemetry;

namespace KeyService.Server.Api;

/// <summary>
/// The one road back for errors: ours become a rich status, anything else a bug that tells the caller nothing. As the outermost it also
/// times the calls: an interceptor for that alone would cost each of them an object.
/// </summary>
internal sealed class ErrorInterceptor(IHostApplicationLifetime lifetime, TimeProvider time, ILogger<ErrorInterceptor> logger) : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        AnswerAsync(request, context, continuation).AsTask(); // smaller than a task with all of the method in it

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        var began = time.GetTimestamp();
        Spans.NameCall(context);
        try
        {
            RefuseWhenStopping();
            await continuation(request, responseStream, context);
            Measure(began, context, StatusCode.OK);
        }
        catch (Exception e) when (Translate(e, context, began) is { } translated)
        {
            throw translated;
        }
    }

    [AsyncMethodBuilder(typeof(PooledCallBuilder<>))]
    private async ValueTask<TResponse> AnswerAsync<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        where TRequest : class where TResponse : class
    {
        var began = time.GetTimestamp();
        Spans.NameCall(context);
        try
        {
            RefuseWhenStopping();
            var response = await continuation(request, context);
            Measure(began, context, StatusCode.OK);
            return response;
        }
        catch (Exception e) when (Translate(e, context, began) is { } translated)
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
    private RpcException? Translate(Exception exception, ServerCallContext context, long began)
    {
        var onPurpose = exception as RpcException;
        var translated = onPurpose is null ? Describe(exception, context) : null;
        Measure(began, context, (onPurpose ?? translated)!.StatusCode); // one of the two is there
        return translated;
    }

    private RpcException Describe(Exception exception, ServerCallContext context)
    {
        switch (exception)
        {
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

    private void Measure(long began, ServerCallContext context, StatusCode status)
    {
        Spans.EndCall(status);
        if (Instruments.CallDuration.Enabled)
            Instruments.CallDuration.Record(time.GetElapsedTime(began).TotalSeconds, new("method", context.Method), new("status", GrpcStatus.NameOf(status)));
    }
}
