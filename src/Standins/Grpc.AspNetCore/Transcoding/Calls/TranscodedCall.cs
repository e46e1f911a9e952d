using Grpc.AspNetCore.Server.Calls;
using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Requests;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Responses;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Calls;

/// <summary>Answers the HTTP requests of one binding: request message in, answer or error out.</summary>
/// <param name="answer">Calls the method through its interceptors and writes what it answers.</param>
internal sealed class TranscodedCall<TRequest>(
    IMethod method, RequestReader reader, JsonResponseFormat format, bool detailedErrors, TimeProvider clock, ILogger logger,
    Func<TRequest, TranscodingCallContext, Task> answer)
    where TRequest : class
{
    public async Task HandleAsync(HttpContext httpContext)
    {
        using var context = new TranscodingCallContext(httpContext, method);
        try
        {
            context.Start(clock);
            // Transcoded methods come from descriptors, so TRequest is the message that the reader makes.
            var request = (TRequest)await reader.ReadAsync(httpContext.Request, context.CancellationToken);
            await answer(request, context);
            if (context.Status.StatusCode != StatusCode.OK)
                await FailAsync(context, context.Status);
        }
        catch (RequestRefusedException e)
        {
            await ErrorResponse.WriteAsync(httpContext.Response, e.ToRpcStatus(), format, e.HttpStatus);
        }
        catch (BadHttpRequestException e) // Kestrel's own limits and malformed chunks
        {
            await ErrorResponse.WriteAsync(
                httpContext.Response, new() { Code = (int)StatusCode.InvalidArgument, Message = e.Message }, format, e.StatusCode);
        }
#pragma warning disable CA1031 // every failure of a handler becomes a status
        catch (Exception e)
#pragma warning restore CA1031
        {
            await FailAsync(context, e);
        }
    }

    private async Task FailAsync(TranscodingCallContext context, Exception exception)
    {
        if (context.HttpContext.RequestAborted.IsCancellationRequested)
            Log.FailedAfterEnd(logger, method.FullName, exception);
        else if (context.DeadlineHasPassed)
            await FailAsync(context, new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded"));
        else if (exception is RpcException rpc)
        {
            Log.CallFailed(logger, method.FullName, rpc.StatusCode, exception);
            foreach (var entry in rpc.Trailers)
                context.ResponseTrailers.Add(entry);
            await FailAsync(context, rpc.Status);
        }
        else
        {
            Log.HandlerFailed(logger, method.FullName, exception);
            const string Detail = "Exception was thrown by handler.";
            await FailAsync(context, new Status(
                StatusCode.Unknown, detailedErrors ? $"{Detail} {exception.GetType().Name}: {exception.Message}" : Detail));
        }
    }

    private Task FailAsync(TranscodingCallContext context, Status status) =>
        ErrorResponse.WriteAsync(context.HttpContext.Response, ErrorResponse.From(status, context.ResponseTrailers), format);
}
