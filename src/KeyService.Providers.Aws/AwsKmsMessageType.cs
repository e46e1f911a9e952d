namespace KeyService.Providers.Aws;

/// <summary>What the provider hands to KMS where an algorithm signs a digest.</summary>
public enum AwsKmsMessageType
{
    /// <summary>The digest. Right for AWS: the message never leaves this process.</summary>
    Digest,

    /// <summary>The message itself where it fits into 4096 bytes, for emulators that hash whatever they are given.</summary>
    Raw,
}
