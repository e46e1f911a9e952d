namespace KeyService.Server.Configuration;

/// <summary>Section <c>Limits</c>: the largest request, and how much of the server one side may take.</summary>
/// <param name="MaxMessageBytes">Bytes in the message of a Sign call. 1 to 3 MiB, default 1 MiB.</param>
/// <param name="MaxClaimsBytes">Bytes in the claims of a JWT. 2 to 1 MiB, default 64 KiB.</param>
/// <param name="MaxBatchItems">Items in a batch. 1 to 4096, default 256.</param>
/// <param name="MaxConnections">Open connections, of all callers together. 1 to 1,000,000, default 10,000.</param>
/// <param name="MaxStreamsPerConnection">HTTP/2 requests at a time on one connection. 1 to 10,000, default 100.</param>
/// <param name="AnonymousRequestsPerSecond">Requests for public keys from one address (of IPv6: one /64), where callers are not authenticated and do not come from this machine. 1 to 1,000,000, default 200.</param>
internal sealed record LimitSettings(
    int MaxMessageBytes, int MaxClaimsBytes, int MaxBatchItems,
    int MaxConnections = 10_000, int MaxStreamsPerConnection = 100, int AnonymousRequestsPerSecond = 200);
