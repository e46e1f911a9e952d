namespace KeyService.Server.Access.Policies;

/// <summary>The policy file as it was read: who may do what. What it does not allow is denied.</summary>
internal sealed record AccessPolicy
{
    /// <summary>The first that a caller matches is who it is.</summary>
    public required IReadOnlyList<Principal> Principals { get; init; }

    /// <summary>Key sets whose JWKS and discovery document are only for those who may read them.</summary>
    public IReadOnlyList<NamePattern> PrivateJwks { get; init; } = [];

    /// <summary>The principal that a caller is, and by which of its matches; null where the policy does not know it.</summary>
    public (Principal Principal, CallerMatch Match)? Find(Caller caller)
    {
        foreach (var principal in Principals)
        {
            foreach (var match in principal.Match)
            {
                if (match.Matches(caller))
                    return (principal, match);
            }
        }

        return null;
    }

    public bool IsPrivate(string keySet) => PrivateJwks.Any(pattern => pattern.Matches(keySet));
}
