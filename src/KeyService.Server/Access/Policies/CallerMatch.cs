namespace KeyService.Server.Access.Policies;

/// <summary>Which callers a principal is. Members that are null do not matter; those that are there must all hold.</summary>
internal sealed record CallerMatch
{
    public required CallerKind Kind { get; init; }

    /// <summary>Of the SPIFFE ID, a DNS name, the certificate's subject or the token's <c>sub</c>.</summary>
    public NamePattern? Identity { get; init; }

    public string? Issuer { get; init; }

    /// <summary>Claims of the token that must have the value, or hold it where they are lists.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Claims { get; init; } = [];

    public uint? Uid { get; init; }

    public uint? Gid { get; init; }

    /// <summary>In the words of the policy file.</summary>
    public required string Text { get; init; }

    public bool Matches(Caller caller) =>
        caller.Kind == Kind
        && (Identity is null || caller.Identities.Any(Identity.Matches))
        && (Issuer is null || caller.Issuer == Issuer)
        && Claims.All(caller.Has)
        && (Uid is null || caller.Uid == Uid)
        && (Gid is null || caller.Gid == Gid);
}
