using System.Text.Json.Nodes;

namespace KeyService.Testing.Aws;

/// <summary>A KMS key. Read and changed under the lock of <see cref="KmsState"/>.</summary>
internal sealed class KmsKey
{
    public required string Id { get; init; }

    public required string Arn { get; init; }

    public required string Account { get; init; }

    public required KmsKeySpec Spec { get; init; }

    public required string Usage { get; init; }

    public required string Description { get; init; }

    public required bool IsMultiRegion { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required KmsKeyPair? Pair { get; init; }

    public SortedDictionary<string, string> Tags { get; } = new(StringComparer.Ordinal);

    public string State { get; set; } = "Enabled";

    public DateTimeOffset? DeletionDate { get; set; }

    /// <summary>How many reads still miss it: it is new.</summary>
    public int HiddenReads { get; set; }

    public string[] SigningAlgorithms => Usage == "SIGN_VERIFY" ? [.. Spec.Algorithms.Select(static algorithm => algorithm.Name)] : [];

    public JsonObject Metadata()
    {
        var metadata = new JsonObject
        {
            ["AWSAccountId"] = Account,
            [nameof(Arn)] = Arn,
            ["CreationDate"] = Created.ToUnixTimeMilliseconds() / 1000.0,
            ["CustomerMasterKeySpec"] = Spec.Name,
            [nameof(Description)] = Description,
            ["Enabled"] = State == "Enabled",
            ["KeyId"] = Id,
            ["KeyManager"] = "CUSTOMER",
            ["KeySpec"] = Spec.Name,
            ["KeyState"] = State,
            ["KeyUsage"] = Usage,
            ["MultiRegion"] = IsMultiRegion,
            ["Origin"] = "AWS_KMS",
        };
        if (DeletionDate is { } date)
            metadata[nameof(DeletionDate)] = date.ToUnixTimeMilliseconds() / 1000.0;
        if (SigningAlgorithms.Length > 0)
            metadata[nameof(SigningAlgorithms)] = new JsonArray([.. SigningAlgorithms.Select(static name => (JsonNode)name)]);
        if (IsMultiRegion)
        {
            metadata["MultiRegionConfiguration"] = new JsonObject
            {
                ["MultiRegionKeyType"] = "PRIMARY",
                ["PrimaryKey"] = new JsonObject { [nameof(Arn)] = Arn, ["Region"] = Arn.Split(':')[3] },
                ["ReplicaKeys"] = new JsonArray(),
            };
        }

        return metadata;
    }
}
