using KeyService.Core;
using KeyService.Core.Signing;
using KeyService.Providers.Pkcs11.Cryptoki;
using KeyService.Providers.Pkcs11.Tokens;

namespace KeyService.Providers.Pkcs11;

/// <summary>The failures of this provider in the product's words. What the module said travels inside and ends in the log.</summary>
internal static class Failures
{
    public static KeyServiceException From(CryptokiException cause) => ReturnTriage.For(cause.Code) switch
    {
        Remedy.ShedLoad => new(KeyServiceError.ProviderBusy, "The token is short of memory or sessions.", cause),
        Remedy.NotSupported => new(KeyServiceError.AlgorithmNotSupported, "The token does not offer this algorithm or key type.", cause),
        Remedy.Refused => new(KeyServiceError.ProviderRejected, "The token refuses the operation.", cause),
        Remedy.PinRefused => PinRefused(cause),
        _ => Unavailable("The token does not work at present.", cause),
    };

    public static KeyServiceException Unavailable(string message, Exception? cause = null) =>
        new(KeyServiceError.ProviderUnavailable, message, cause);

    public static KeyServiceException PinRefused(CryptokiException? cause) => new(
        KeyServiceError.ProviderRejected,
        "The token refused the PIN. It is not tried again before the contents of PinFile change.",
        cause);

    public static KeyServiceException KeyNotFound() => new(KeyServiceError.KeyNotFound, "The token holds no such key.");

    public static KeyServiceException Ambiguous(string what) =>
        new(KeyServiceError.ProviderRejected, $"The token holds more than one key pair under this {what}. Remove the wrong one.");

    public static KeyServiceException WrongKeyType(SigningAlgorithm algorithm) =>
        new(KeyServiceError.AlgorithmNotSupported, $"The key is of another type than {algorithm} signs with.");

    public static KeyServiceException Malformed(string what, Exception? cause = null) =>
        new(KeyServiceError.ProviderRejected, $"The token gave a public key that is not valid: {what}.", cause);

    public static KeyServiceException Busy(string setting) => new(
        KeyServiceError.ProviderBusy,
        $"No session of the token was free within {setting}. Raise it or MaxSessions if the token can take more.");

    public static KeyServiceException TimedOut(string setting) =>
        Unavailable($"The token did not answer within {setting}; the call was abandoned.");

    public static KeyServiceException Stuck(int count) =>
        Unavailable($"{count} calls to the token do not return. If they stay, only a new process helps.");
}
