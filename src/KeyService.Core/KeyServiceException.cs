namespace KeyService.Core;

/// <summary>
/// A failure that a caller can act on. The message reaches the caller, so it never holds a vendor's text, a secret or a
/// payload; what a vendor said travels as the inner exception and ends in the log.
/// </summary>
public sealed class KeyServiceException(KeyServiceError error, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public KeyServiceError Error { get; } = error;

    /// <summary>The request field at fault, in proto spelling (<c>claims_json.exp</c>); null where no single field is.</summary>
    public string? Field { get; init; }

    /// <summary>True where the same call may succeed later with nothing else changed.</summary>
    public bool IsTransient { get; init; } = error is KeyServiceError.ProviderUnavailable or KeyServiceError.ProviderThrottled
        or KeyServiceError.ProviderBusy or KeyServiceError.StoreUnavailable or KeyServiceError.NoActiveKey
        or KeyServiceError.ConcurrentChange or KeyServiceError.ShuttingDown
        or KeyServiceError.AuditUnavailable or KeyServiceError.IssuerUnavailable;

    /// <summary>How long to wait before trying again, where that is known.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>A field of the request is wrong.</summary>
    public static KeyServiceException Invalid(string field, string message) =>
        new(KeyServiceError.InvalidArgument, message) { Field = field };
}
