namespace KeyService.Server.Access;

/// <summary>Whom a method or route is for.</summary>
internal enum AccessKind
{
    /// <summary>Everyone: it tells nothing that callers could not see from outside.</summary>
    Public,

    /// <summary>Everyone, unless the policy makes the key set's JWKS private: then who may read the key set.</summary>
    Published,

    /// <summary>Everyone who proved who it is, and everyone on this machine.</summary>
    Callers,

    /// <summary>Everyone on this machine, everyone at <c>Listen:Metrics</c>, and who has the permission on every key set: it tells of all.</summary>
    Overview,

    /// <summary>Who has the permission on the key set.</summary>
    Permitted,
}
