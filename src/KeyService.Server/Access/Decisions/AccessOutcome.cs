namespace KeyService.Server.Access.Decisions;

/// <summary>How a decision came out.</summary>
internal enum AccessOutcome
{
    Allowed,

    /// <summary>The caller proved nothing.</summary>
    NotAuthenticated,

    /// <summary>The caller is none of the policy's principals.</summary>
    NotInPolicy,

    /// <summary>No grant of the principal gives the permission on the key set.</summary>
    NotGranted,

    /// <summary>The grant is for JWTs only.</summary>
    RawSignRefused,

    /// <summary>The grant does not let these claims be signed.</summary>
    ClaimsRefused,
}
