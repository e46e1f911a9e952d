using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using KeyService.Standins.Tests.Protos;

namespace KeyService.Standins.Tests.Hosting;

internal sealed class EchoGrpcService(CallLog calls) : EchoService.EchoServiceBase
{
    public override Task<EmptyResponse> Empty(EmptyRequest request, ServerCallContext context) => Task.FromResult(new EmptyResponse());

    public override async Task<EchoResponse> Unary(EchoRequest request, ServerCallContext context)
    {
        switch (request.Behaviour)
        {
            case Behaviour.Hang:
                await calls.HangAsync(request.Id, context.CancellationToken);
                break;
            case Behaviour.IgnoreCancellation:
                await calls.ServerEnds;
                break;
            case Behaviour.Throw:
                throw new InvalidOperationException("secret detail");
            case Behaviour.FailWithDetails:
                throw NotFound();
            case Behaviour.ReflectMetadata:
                await ReflectAsync(context);
                break;
        }

        return Echo(request);
    }

    public override async Task ServerStream(StreamRequest request, IServerStreamWriter<EchoResponse> responseStream, ServerCallContext context)
    {
        for (var i = 0; i < request.Count; i++)
        {
            var payload = ByteString.CopyFrom(new byte[request.PayloadSize]);
            await calls.WriteAsync(request.Id, () => responseStream.WriteAsync(new EchoResponse { Text = $"{i}", Payload = payload }));
        }

        if (request.Fail)
            throw NotFound();
        if (request.Hang)
            await calls.HangAsync(request.Id, context.CancellationToken);
    }

    public override async Task<EchoResponse> ClientStream(IAsyncStreamReader<EchoRequest> requestStream, ServerCallContext context)
    {
        var texts = new List<string>();
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
            texts.Add(request.Text);
        return new EchoResponse { Text = string.Join(',', texts) };
    }

    public override async Task Duplex(
        IAsyncStreamReader<EchoRequest> requestStream, IServerStreamWriter<EchoResponse> responseStream, ServerCallContext context)
    {
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
            await responseStream.WriteAsync(Echo(request));
    }

    public override async Task<EmptyResponse> AwaitCancelled(AwaitCancelledRequest request, ServerCallContext context)
    {
        await calls.CancelledAsync(request.Id).WaitAsync(context.CancellationToken);
        return new EmptyResponse();
    }

    private static EchoResponse Echo(EchoRequest request) => new()
    {
        Text = request.Text,
        Payload = request.Payload.IsEmpty ? ByteString.CopyFrom(new byte[request.ResponseSize]) : request.Payload,
    };

    private static async Task ReflectAsync(ServerCallContext context)
    {
        var headers = new Metadata();
        foreach (var entry in context.RequestHeaders.Where(entry => entry.Key.StartsWith("x-", StringComparison.Ordinal)))
        {
            headers.Add(entry);
            context.ResponseTrailers.Add(entry);
        }

        await context.WriteResponseHeadersAsync(headers);
    }

    private static RpcException NotFound() => new Google.Rpc.Status
    {
        Code = (int)Code.NotFound,
        Message = "no key set ‘ä’, 100%",
        Details = { Any.Pack(new ErrorInfo { Reason = "KEY_SET_NOT_FOUND", Domain = "keyservice" }) },
    }.ToRpcException();
}
