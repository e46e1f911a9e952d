namespace KeyService.Testing.Aws;

/// <summary>What a caller signs its requests with.</summary>
/// <param name="SessionToken">Null for a user's own key, set for a role's temporary one.</param>
/// <param name="Expires">Null for a user's own key.</param>
public sealed record AwsAccessKey(string Id, string Secret, string? SessionToken = null, DateTimeOffset? Expires = null);
