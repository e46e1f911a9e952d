using System.Net;
using Amazon.Runtime;
using KeyService.Core;
using SigningAlgorithm = KeyService.Core.Signing.SigningAlgorithm;

namespace KeyService.Providers.Aws;

/// <summary>The failures of this provider in the product's words. What AWS said travels inside and ends in the log.</summary>
internal static class Failures
{
    /// <summary>
    /// By the error's name first: KMS throttles with HTTP 400 (Developer Guide, "Throttling"), which by its status would
    /// be the caller's mistake.
    /// </summary>
    public static KeyServiceException From(AmazonServiceException cause) => cause.ErrorCode switch
    {
        "ThrottlingException" or "Throttling" or "ThrottledException" or "RequestLimitExceeded" or "TooManyRequestsException" or "SlowDown" =>
            new(KeyServiceError.ProviderThrottled, "AWS KMS asks for fewer requests.", cause),
        "LimitExceededException" =>
            new(KeyServiceError.ProviderThrottled, "A quota of the AWS account is exhausted.", cause) { IsTransient = false },
        "NotFoundException" or "InvalidArnException" => KeyNotFound(cause),
        "DisabledException" => new(KeyServiceError.ProviderRejected, "The key is disabled in AWS KMS.", cause),
        "KMSInvalidStateException" => new(KeyServiceError.ProviderRejected, "The key is pending deletion or in another state that does not allow it.", cause),
        "InvalidKeyUsageException" or "UnsupportedOperationException" =>
            new(KeyServiceError.AlgorithmNotSupported, "AWS KMS does not offer this algorithm with this key or in this Region.", cause),
        "ExpiredTokenException" or "ExpiredToken" or "RequestExpired" =>
            new(KeyServiceError.ProviderRejected, "The AWS credentials have expired.", cause) { IsTransient = true }, // the chain may hold newer ones by now
        "InvalidSignatureException" or "SignatureDoesNotMatch" or "IncompleteSignatureException" or "IncompleteSignature" =>
            new(KeyServiceError.ProviderRejected, "AWS refuses the request's signature: a wrong secret key, or a wrong clock.", cause),
        "UnrecognizedClientException" or "InvalidClientTokenId" or "MissingAuthenticationTokenException" or "MissingAuthenticationToken" =>
            new(KeyServiceError.ProviderRejected, "AWS does not know the credentials.", cause),
        "AccessDeniedException" or "AccessDenied" or "NotAuthorizedException" or "OptInRequired" =>
            new(KeyServiceError.ProviderRejected, "AWS denies the access: a right is missing in a policy of the key or of the identity.", cause),
        "KMSInternalException" or "DependencyTimeoutException" or "KeyUnavailableException" => Unavailable("AWS KMS does not work at present.", cause),
        _ => FromStatus(cause),
    };

    public static KeyServiceException Unreachable(Exception cause) => Unavailable("AWS KMS cannot be reached, or there are no AWS credentials.", cause);

    public static KeyServiceException TimedOut(Exception cause) =>
        Unavailable($"AWS KMS did not answer within {nameof(AwsKmsOptions.RequestTimeout)}.", cause);

    public static KeyServiceException KeyNotFound(Exception? cause = null) => new(KeyServiceError.KeyNotFound, "AWS KMS holds no such key.", cause);

    /// <summary>An answer that is not what was asked for. Another attempt, or another provider, may do better.</summary>
    public static KeyServiceException Malformed(string what, Exception? cause = null) => Unavailable($"AWS KMS gave an answer that is not valid: {what}.", cause);

    /// <summary>True where a right is missing, for whatever reason.</summary>
    public static bool IsDenied(KeyServiceException failure) => failure.InnerException is AmazonServiceException { ErrorCode: "AccessDeniedException" or "AccessDenied" };

    public static KeyServiceException NotYetAllowed(KeyServiceException denied) =>
        new(KeyServiceError.ProviderRejected, "AWS denies the access to a key that was made just now: either a right is missing, or its tags do not count for the policies yet.", denied.InnerException)
        {
            IsTransient = true,
        };

    public static KeyServiceException TagsUnreadable(KeyServiceException denied) =>
        new(KeyServiceError.ProviderRejected, "AWS denies a look at the tags of keys, so that it is not known which ones are this service's: kms:ListResourceTags or kms:DescribeKey is missing.", denied.InnerException);

    public static KeyServiceException RaceLost() => Unavailable("Another process makes a key under this label at the same time.");

    public static KeyServiceException ForeignAlias(string alias) =>
        new(KeyServiceError.ProviderRejected, $"{alias} points to a key that is not of this label. Remove the alias.");

    public static KeyServiceException OtherKind(string spec, SigningAlgorithm algorithm) =>
        new(KeyServiceError.ProviderRejected, $"The label holds a key of spec {spec}, which is not what {algorithm} was asked for with.");

    public static KeyServiceException NotOffered(SigningAlgorithm algorithm) =>
        new(KeyServiceError.AlgorithmNotSupported, $"AWS KMS has no keys for {algorithm}.");

    private static KeyServiceException FromStatus(AmazonServiceException cause) => (int)cause.StatusCode switch
    {
        (int)HttpStatusCode.TooManyRequests => new(KeyServiceError.ProviderThrottled, "AWS KMS asks for fewer requests.", cause),
        >= 400 and < 500 => new(KeyServiceError.ProviderRejected, "AWS KMS refuses the request.", cause),
        _ => Unavailable("AWS KMS does not work at present.", cause),
    };

    private static KeyServiceException Unavailable(string message, Exception? cause = null) => new(KeyServiceError.ProviderUnavailable, message, cause);
}
