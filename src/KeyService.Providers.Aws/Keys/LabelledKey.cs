using Amazon.KeyManagementService.Model;

namespace KeyService.Providers.Aws.Keys;

/// <summary>A key of ours.</summary>
internal sealed record LabelledKey(string Label, KeyMetadata Key)
{
    public string Arn => Key.Arn;

    /// <summary>True where it lacks a tag of the settings.</summary>
    public bool IsForeign { get; init; }
}
