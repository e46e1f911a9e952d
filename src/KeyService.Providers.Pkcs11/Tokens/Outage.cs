using KeyService.Core;

namespace KeyService.Providers.Pkcs11.Tokens;

/// <summary>Why the token cannot be used now. Each call gets an exception of its own, since a thrown one is written to.</summary>
internal sealed record Outage(KeyServiceError Error, string Message, Exception? Cause, TimeSpan RetryAfter)
{
    public KeyServiceException ToException() => new(Error, Message, Cause) { RetryAfter = RetryAfter };
}
