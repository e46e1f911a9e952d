namespace KeyService.Server.Access;

/// <summary>What a caller may do with a key set. None of them implies another.</summary>
[Flags]
internal enum Permissions
{
    None = 0,

    /// <summary>Sign, SignJwt, SignBatch.</summary>
    Sign = 1,

    /// <summary>See the key set, its keys and its plan, and the JWKS where it is not public.</summary>
    Read = 2,

    /// <summary>Rotate.</summary>
    Rotate = 4,

    /// <summary>Create, update and delete key sets, and revoke their keys.</summary>
    Admin = 8,
}
