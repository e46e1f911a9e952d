namespace KeyService.Providers.Aws.Keys;

internal static class KmsKeyId
{
    private const string KeyPart = ":key/";

    /// <summary>Whether a reply names the key that was asked for. KMS replies with the ARN; emulators may give the id that ends it.</summary>
    public static bool IsSame(string arn, string? replied) =>
        replied == arn || (replied is { Length: > 0 } && arn.EndsWith(KeyPart + replied, StringComparison.Ordinal));

    /// <summary>
    /// Whether a handle is the ARN of a key in this Region. An alias is none: it could be turned to another key. Nor is an
    /// ARN of another Region, where a multi-Region key has the same id.
    /// </summary>
    public static bool IsArn(string handle, string region) =>
        handle.Split(':') is ["arn", _, "kms", var at, _, var resource] && at == region && resource.StartsWith("key/", StringComparison.Ordinal);

    /// <summary>The id within the account and Region. moto's management operations take nothing else.</summary>
    public static string Of(string arn) => arn[(arn.LastIndexOf(KeyPart, StringComparison.Ordinal) + KeyPart.Length)..];
}
