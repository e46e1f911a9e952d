namespace KeyService.Testing.Aws;

/// <summary>A key as a test looks at it from behind the protocol.</summary>
/// <param name="DeletionWindow">How long until it is gone; null where it is not pending deletion.</param>
public sealed record AwsKeyView(
    string Arn, string Spec, string State, bool IsMultiRegion, TimeSpan? DeletionWindow, IReadOnlyDictionary<string, string> Tags, IReadOnlyList<string> Aliases);
