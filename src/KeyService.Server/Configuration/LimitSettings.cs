namespace KeyService.Server.Configuration;

/// <summary>Section <c>Limits</c>: the largest request.</summary>
/// <param name="MaxMessageBytes">Bytes in the message of a Sign call. 1 to 3 MiB, default 1 MiB.</param>
/// <param name="MaxClaimsBytes">Bytes in the claims of a JWT. 2 to 1 MiB, default 64 KiB.</param>
/// <param name="MaxBatchItems">Items in a batch. 1 to 4096, default 256.</param>
internal sealed record LimitSettings(int MaxMessageBytes, int MaxClaimsBytes, int MaxBatchItems);
