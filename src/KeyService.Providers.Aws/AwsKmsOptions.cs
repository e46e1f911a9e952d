using System.ComponentModel.DataAnnotations;

namespace KeyService.Providers.Aws;

/// <summary>The keys of one AWS account in one Region. Credentials come from the SDK's default chain.</summary>
public sealed class AwsKmsOptions
{
    /// <summary>The Region that holds the keys, for example <c>eu-west-1</c>. Required.</summary>
    [Required]
    public string Region { get; set; } = "";

    /// <summary>
    /// URL of the KMS endpoint: an interface endpoint of a VPC, a FIPS endpoint, an emulator. https, or http on a loopback
    /// address. Default: the Region's own.
    /// </summary>
    public string? Endpoint { get; set; }

    /// <summary>ARN of a role to assume for every call to KMS. Default: none, the credentials are used as they are.</summary>
    public string? RoleArn { get; set; }

    /// <summary>URL of the STS endpoint that gives the role; rules as for <see cref="Endpoint"/>. Default: the Region's own.</summary>
    public string? StsEndpoint { get; set; }

    /// <summary>Tags that new keys get besides the provider's own. At most 40; keys of 1 to 128 characters, values of at most 256.</summary>
    public IReadOnlyDictionary<string, string> KeyTags { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Days that KMS keeps a destroyed key, in which an operator can take the deletion back. 7 to 30, default 30.</summary>
    [Range(7, 30)]
    public int DeletionWindowDays { get; set; } = 30;

    /// <summary>Whether new keys are multi-Region primary keys, which can be replicated to other Regions. KMS cannot change it later. Default false.</summary>
    public bool MultiRegion { get; set; }

    /// <summary>What KMS is handed. Default <see cref="AwsKmsMessageType.Digest"/>; the other is for emulators.</summary>
    public AwsKmsMessageType MessageType { get; set; }

    /// <summary>How long one request to AWS may take. 100 ms to 1 min, default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);
}
