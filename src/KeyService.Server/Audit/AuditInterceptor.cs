using Grpc.Core;
using Grpc.Core.Interceptors;
using KeyService.Core.Audit;

namespace KeyService.Server.Audit;

/// <summary>
/// Records every call that signs or changes something. The line of a signature is written between its making and its answer, when all
/// is known of it: a signature that has no line is dropped here. Changes have a line before they begin as well, since they cannot be dropped.
/// </summary>
internal sealed class AuditInterceptor(AuditLog log, TimeProvider time) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        if (AuditedCall.Readers.Contains(typeof(TRequest)) || AuditedCall.Of(request, CallOrigin.Of(context), time.GetUtcNow()) is not { } call)
            return await continuation(request, context);

        log.ThrowIfUnavailable(); // or the provider would be asked for what must be dropped then
        if (AuditedCall.IsChange(request))
            await log.RecordAsync(call with { Event = AuditEvent.Begin });
        TResponse response;
        log.Expect();
        try
        {
            response = await continuation(request, context);
            log.Arrive();
        }
        catch (Exception e)
        {
            log.Arrive();
            await RecordAsync(AuditedCall.Failed(call, request, e, time.GetUtcNow(), context.CancellationToken));
            throw;
        }

        await RecordAsync(AuditedCall.Ended(call, request, response, time.GetUtcNow()));
        return response;
    }

    private async ValueTask RecordAsync(IEnumerable<AuditRecord> records)
    {
        if (records is AuditRecord[] { Length: 1 } one)
        {
            await log.RecordAsync(one[0]);
            return;
        }

        await Task.WhenAll(records.Select(record => log.RecordAsync(record).AsTask()));
    }
}
