namespace KeyService.Server.Tests.BadInput;

/// <summary>An HTTP/2 request that no gRPC client would send.</summary>
/// <param name="Grpc">Status as in <c>grpc-status</c>; null where the answer is no gRPC.</param>
internal sealed record RawGrpcCase(byte[]? Body, string? Grpc, int Http = 200)
{
    public string Path { get; init; } = Client.RawGrpc.Sign;

    public HttpMethod Method { get; init; } = HttpMethod.Post;

    public string? ContentType { get; init; } = "application/grpc";

    public (string Name, string Value)[] Headers { get; init; } = [];
}
