namespace KeyService.Providers.Aws.Keys;

internal static class KmsKeyId
{
    private const string KeyPart = ":key/";

    /// <summary>Whether a reply names the key that was asked for. KMS replies with the ARN; emulators may give the id that ends it.</summary>
    public static bool IsSame(string arn, string? replied) =>
        replied == arn || (replied is { Length: > 0 } && arn.EndsWith(KeyPart + replied, StringComparison.Ordinal));

    /// <summary>Only a key ARN is a handle of this provider: an alias could be turned to another key.</summary>
    public static bool IsArn(string handle) => handle.StartsWith("arn:", StringComparison.Ordinal) && handle.Contains(KeyPart, StringComparison.Ordinal);
}
