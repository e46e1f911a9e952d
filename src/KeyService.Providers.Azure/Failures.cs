using System.Net.Sockets;
using System.Security.Authentication;
using Azure;
using Azure.Identity;
using KeyService.Core;
using KeyService.Core.Signing;
using KeyService.Providers.Azure.Protocol;
using Microsoft.Identity.Client;

namespace KeyService.Providers.Azure;

/// <summary>The failures of this provider in the product's words. What the vault or a library said travels inside and ends in the log.</summary>
internal static class Failures
{
    /// <summary>What a throttled caller waits where the vault does not say: its guidance begins with one second.</summary>
    private static readonly TimeSpan UsualRetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>How long a deletion or recovery is usually under way.</summary>
    private static readonly TimeSpan SettlingTime = TimeSpan.FromSeconds(2);

    /// <summary>The table of the vault's answers: https://learn.microsoft.com/azure/key-vault/general/rest-error-codes.</summary>
    public static KeyServiceException From(VaultErrorException answer, TimeSpan? retryAfter) => answer switch
    {
        { Status: 401 } => Rejected("The vault does not accept the credential.", answer),
        { Status: 403, InnerCode: "KeyDisabled" or "KeyExpired" or "KeyNotYetValid" } =>
            Rejected("The key is disabled in the vault, or outside of the dates it has there.", answer),
        { Status: 403 } => Rejected("The vault does not permit the operation. Check the role of the credential and the vault's firewall.", answer),
        { Status: 404 } => new(KeyServiceError.KeyNotFound, "The vault holds no such key.", answer),
        { Status: 409, InnerCode: "ObjectIsDeletedButRecoverable" } =>
            Rejected("A deleted key blocks the name in the vault. Purge it, or recover it.", answer),
        { Status: 409 } => Unavailable("The vault is still busy with another operation on the key.", answer, retryAfter ?? SettlingTime),
        { Status: 429 } => new(KeyServiceError.ProviderThrottled, "The vault asks for fewer requests.", answer) { RetryAfter = retryAfter ?? UsualRetryAfter },
        { Status: 408 or >= 500 } => Unavailable("The vault does not work at present.", answer, retryAfter),
        { Status: 400 } => Rejected("The vault refuses the request: it does not fit the key, or the vault has no such keys.", answer),
        _ => Rejected("The vault answered as no vault does. Check VaultUri.", answer),
    };

    /// <summary>No answer at all: Azure.Core tells it as status 0.</summary>
    public static KeyServiceException NoAnswer(Exception cause) =>
        Chain(cause).OfType<AuthenticationException>().Any()
            ? Unavailable("The vault's TLS certificate is not trusted. See TrustedCertificateFile.", cause)
            : Unavailable("The vault cannot be reached.", cause);

    /// <summary>A wrong credential is for good; a login service that is away is not.</summary>
    public static KeyServiceException NoToken(AuthenticationFailedException cause) =>
        Chain(cause).Any(IsPassing)
            ? Unavailable("The login service cannot be reached.", cause)
            : Rejected("No token for the vault: the credential is missing or was refused.", cause);

    public static KeyServiceException TimedOut(string setting, Exception cause) =>
        Unavailable($"The vault did not answer within {setting}.", cause);

    public static KeyServiceException Malformed(string what, Exception? cause = null) =>
        Unavailable($"The vault gave an answer that is not valid: {what}.", cause);

    public static KeyServiceException Unavailable(string message, Exception? cause = null, TimeSpan? retryAfter = null) =>
        new(KeyServiceError.ProviderUnavailable, message, cause) { RetryAfter = retryAfter };

    public static KeyServiceException Rejected(string message, Exception? cause = null) => new(KeyServiceError.ProviderRejected, message, cause);

    public static KeyServiceException KeyNotFound() => new(KeyServiceError.KeyNotFound, "The key is not one of this vault.");

    public static KeyServiceException NotOffered(SigningAlgorithm algorithm) =>
        new(KeyServiceError.AlgorithmNotSupported, $"Key Vault has no keys for {algorithm}.");

    private static bool IsPassing(Exception cause) => cause switch
    {
        HttpRequestException or SocketException or IOException or TimeoutException or OperationCanceledException => true,
        RequestFailedException failed => failed.Status is 0 or 408 or 429 or >= 500,
        MsalServiceException service => service.StatusCode is 408 or 429 or >= 500,
        MsalException other => other.IsRetryable,
        _ => false,
    };

    private static IEnumerable<Exception> Chain(Exception cause)
    {
        yield return cause;
        IEnumerable<Exception> inner = cause is AggregateException several ? several.InnerExceptions : cause.InnerException is { } one ? [one] : [];
        foreach (var deeper in inner.SelectMany(Chain))
            yield return deeper;
    }
}
