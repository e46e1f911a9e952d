using KeyService.Core;
using KeyService.Providers.Pkcs11.Cryptoki;

namespace KeyService.Providers.Pkcs11.Tokens;

/// <summary>Why the token cannot be used now. Each call gets an exception of its own, since a thrown one is written to.</summary>
internal sealed record Outage(KeyServiceError Error, string Message, Exception? Cause, TimeSpan RetryAfter)
{
    /// <summary>The outage that a failed attempt to connect stands for.</summary>
    public static Outage After(Exception failure, TimeSpan retryAfter) => failure switch
    {
        KeyServiceException known => new(known.Error, known.Message, known.InnerException ?? known, retryAfter),
        CryptokiException answer when Failures.From(answer) is { } known => new(known.Error, known.Message, answer, retryAfter),
        TokenMissingException => new(KeyServiceError.ProviderUnavailable, "The token is not there.", failure, retryAfter),
        DllNotFoundException or BadImageFormatException or EntryPointNotFoundException or IOException => new(
            KeyServiceError.ProviderRejected, "Module is not a PKCS#11 module that can be loaded.", failure, retryAfter),
        _ => new(KeyServiceError.ProviderUnavailable, "The token cannot be connected.", failure, retryAfter),
    };

    public KeyServiceException ToException() => new(Error, Message, Cause) { RetryAfter = RetryAfter };
}
