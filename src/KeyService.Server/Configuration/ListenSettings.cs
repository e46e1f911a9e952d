namespace KeyService.Server.Configuration;

/// <summary>Section <c>Listen</c>. Loopback addresses only, as long as callers are not authenticated.</summary>
/// <param name="Http">HTTP/1.1: JSON, JWKS, health. Default <c>http://127.0.0.1:8080</c>.</param>
/// <param name="Grpc">HTTP/2 without TLS: gRPC. Default <c>http://127.0.0.1:8081</c>.</param>
internal sealed record ListenSettings(Uri Http, Uri Grpc);
