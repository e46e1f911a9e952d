using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using KeyService.Protos.V1;

namespace KeyService.Server.Tests.Client;

/// <summary>The RPCs of the server over one channel, by the names of the protos.</summary>
internal sealed class GrpcApi(Uri address, HttpMessageHandler? handler = null, string? token = null) : IDisposable
{
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create(static bytes => bytes, static bytes => bytes);
    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = handler is not null });

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    private Metadata? Headers => token is null ? null : new Metadata { { "authorization", $"Bearer {token}" } };

    public Task<SignResponse> SignAsync(SignRequest request) => CallAsync("Sign", request, SignResponse.Parser);

    public Task<SignJwtResponse> SignJwtAsync(SignJwtRequest request, TimeSpan? limit = null) =>
        CallAsync("SignJwt", request, SignJwtResponse.Parser, limit);

    public Task<SignBatchResponse> SignBatchAsync(SignBatchRequest request) => CallAsync("SignBatch", request, SignBatchResponse.Parser);

    public Task<GetJwksResponse> GetJwksAsync(string keySet) => CallAsync("GetJwks", new GetJwksRequest { KeySet = keySet }, GetJwksResponse.Parser);

    public async Task<KeySet> GetKeySetAsync(string keySet) =>
        (await CallAsync("GetKeySet", new GetKeySetRequest { KeySet = keySet }, GetKeySetResponse.Parser)).KeySet;

    public async Task<KeySet> CreateAsync(CreateKeySetRequest request) => (await CallAsync("CreateKeySet", request, CreateKeySetResponse.Parser)).KeySet;

    public async Task<KeySet> UpdateAsync(UpdateKeySetRequest request) => (await CallAsync("UpdateKeySet", request, UpdateKeySetResponse.Parser)).KeySet;

    public async Task<KeySet> DeleteAsync(DeleteKeySetRequest request) => (await CallAsync("DeleteKeySet", request, DeleteKeySetResponse.Parser)).KeySet;

    public async Task<KeySet> RotateAsync(RotateRequest request, TimeSpan? limit = null) =>
        (await CallAsync("Rotate", request, RotateResponse.Parser, limit)).KeySet;

    public async Task<KeySet> RevokeAsync(RevokeKeyRequest request) => (await CallAsync("RevokeKey", request, RevokeKeyResponse.Parser)).KeySet;

    public AsyncServerStreamingCall<WatchJwksResponse> Watch(string keySet, CancellationToken cancellationToken)
    {
        var method = new Method<WatchJwksRequest, WatchJwksResponse>(
            MethodType.ServerStreaming, ServiceOf("WatchJwks"), "WatchJwks",
            Marshallers.Create(static message => message.ToByteArray(), WatchJwksRequest.Parser.ParseFrom),
            Marshallers.Create(static message => message.ToByteArray(), WatchJwksResponse.Parser.ParseFrom));
        return _channel.CreateCallInvoker().AsyncServerStreamingCall(
            method, host: null, new CallOptions(Headers, cancellationToken: cancellationToken), new WatchJwksRequest { KeySet = keySet });
    }

    /// <summary>Any unary RPC, whatever it answers with.</summary>
    /// <param name="limit">How far off its deadline is; null for none.</param>
    public async Task<byte[]> CallAsync(string rpc, IMessage request, TimeSpan? limit = null)
    {
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime + limit;
        var method = new Method<byte[], byte[]>(MethodType.Unary, ServiceOf(rpc), rpc, Bytes, Bytes);
        return await _channel.CreateCallInvoker()
            .AsyncUnaryCall(method, host: null, new CallOptions(Headers, deadline, cancellationToken: TestEnd), request.ToByteArray());
    }

    public void Dispose() => _channel.Dispose();

    private async Task<T> CallAsync<T>(string rpc, IMessage request, MessageParser<T> parser, TimeSpan? limit = null)
        where T : IMessage<T> => parser.ParseFrom(await CallAsync(rpc, request, limit));

    private static string ServiceOf(string rpc) => "keyservice.v1." + rpc switch
    {
        "Sign" or "SignJwt" or "SignBatch" => "SigningService",
        "GetJwks" or "WatchJwks" => "JwksService",
        _ => "KeySetService",
    };
}
