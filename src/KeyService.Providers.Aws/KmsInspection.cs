using Amazon.KeyManagementService.Model;
using KeyService.Core.Providers;
using KeyService.Providers.Aws.Connection;
using KeyService.Providers.Aws.Keys;
using KeyService.Providers.Aws.Signing;

namespace KeyService.Providers.Aws;

/// <summary>What KMS tells an operator.</summary>
internal sealed class KmsInspection(AwsKmsOptions options, KmsConnection connection)
{
    private const string Unknown = "unknown";

    public async Task<ProviderFacts> DescribeAsync(CancellationToken cancellationToken)
    {
        var page = await connection.RunAsync((kms, token) => kms.ListKeysAsync(new ListKeysRequest { Limit = 1 }, token), cancellationToken);
        return new ProviderFacts
        {
            Backend = new Dictionary<string, string>
            {
                ["service"] = "AWS KMS",
                ["Region"] = options.Region,
                ["account"] = page.Keys?.FirstOrDefault()?.KeyArn.Split(':') is [_, _, _, _, var account, ..] ? account : Unknown,
                ["endpoint"] = options.Endpoint ?? "of the Region",
                ["role"] = options.RoleArn ?? "none",
            },
            Mechanisms = [], // KMS lists them for each key, not for itself
            SignatureEncoding = "DER from KMS, turned into R‖S",
            Limits = new Dictionary<string, string>
            {
                ["largest message"] = $"{KmsSigning.LargestMessage} bytes, digests where the algorithm has one",
                ["message type"] = options.MessageType.ToString(),
                ["deletion window"] = $"{options.DeletionWindowDays} days",
            },
            ClockSkew = connection.ClockSkew,
        };
    }

    /// <summary>A key whose material KMS made (Origin AWS_KMS) was never outside of its HSMs, and has no operation that exports it; imported material was.</summary>
    public async Task<IReadOnlyList<KeyEvidence>> DescribeKeyAsync(string arn, CancellationToken cancellationToken)
    {
        var answer = await connection.RunAsync((kms, token) => kms.DescribeKeyAsync(new DescribeKeyRequest { KeyId = arn }, token), cancellationToken);
        var key = answer.KeyMetadata;
        if (!KmsKeyId.IsSame(arn, key.Arn))
            throw Failures.Malformed("the description of another key");
        return
        [
            new("Origin", key.Origin?.Value ?? Unknown, key.Origin?.Value switch { "AWS_KMS" or "AWS_CLOUDHSM" => true, "EXTERNAL" => false, _ => null }),
            new("KeyUsage", key.KeyUsage?.Value ?? Unknown, key.KeyUsage?.Value == "SIGN_VERIFY"),
            new("MultiRegion", key.MultiRegion == true ? "true" : "false", Holds: null), // replicas stay within KMS
        ];
    }
}
