namespace KeyService.Server.Access;

/// <summary>How a caller proved who it is.</summary>
internal enum CallerKind
{
    Anonymous,

    /// <summary>By a client certificate with a SPIFFE ID.</summary>
    Spiffe,

    /// <summary>By a client certificate with DNS names.</summary>
    Dns,

    /// <summary>By a client certificate that has a subject only.</summary>
    Subject,

    /// <summary>By a bearer token.</summary>
    Jwt,

    /// <summary>By the process at the other end of a Unix socket.</summary>
    Unix,
}
