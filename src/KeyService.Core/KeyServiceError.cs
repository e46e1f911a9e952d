namespace KeyService.Core;

/// <summary>What went wrong, as far as a caller can act on it. Each has one gRPC status and one stable reason.</summary>
public enum KeyServiceError
{
    /// <summary>A field of the request is wrong; <see cref="KeyServiceException.Field"/> names it.</summary>
    InvalidArgument,

    /// <summary>The claims are not what the key set lets anyone sign.</summary>
    ClaimsRejected,
    KeySetNotFound,
    KeySetExists,
    KeyNotFound,

    /// <summary>The pinned kid is not the one that signs now.</summary>
    KidNotActive,

    /// <summary>The key set has no signer of this algorithm.</summary>
    AlgorithmNotOffered,

    /// <summary>The provider cannot make or use keys of this algorithm. Permanent until it is configured otherwise.</summary>
    AlgorithmNotSupported,

    /// <summary>No key of the signer is active at this moment: it was revoked and its successor is still being made.</summary>
    NoActiveKey,

    /// <summary>Someone else changed the key set between read and write, again and again.</summary>
    ConcurrentChange,

    /// <summary>The request id was used before, for another request.</summary>
    RequestIdReused,

    /// <summary>The key set holds as many keys as it may.</summary>
    TooManyKeys,

    /// <summary>The request is right but cannot be carried out in the key set's present state.</summary>
    FailedPrecondition,

    /// <summary>The provider did not answer, or answered that it cannot work now.</summary>
    ProviderUnavailable,

    /// <summary>The provider asks for fewer requests.</summary>
    ProviderThrottled,

    /// <summary>Our own queue in front of the provider is full, or the wait in it was too long.</summary>
    ProviderBusy,

    /// <summary>The provider refuses for good: wrong PIN, missing right, wrong template. A configuration error.</summary>
    ProviderRejected,

    /// <summary>The store did not answer; nothing was changed.</summary>
    StoreUnavailable,

    /// <summary>The audit log cannot be written, and nothing is done unrecorded: a signature that was made is not handed out.</summary>
    AuditUnavailable,

    /// <summary>The caller did not prove who it is.</summary>
    Unauthenticated,

    /// <summary>The caller's token cannot be verified, since the keys of its issuer cannot be fetched.</summary>
    IssuerUnavailable,

    /// <summary>The policy does not let the caller do that; nothing is told of what exists.</summary>
    PermissionDenied,

    /// <summary>The policy does not let the caller have such claims signed.</summary>
    ClaimsNotPermitted,

    /// <summary>The caller has had what its limits allow it.</summary>
    CallerThrottled,

    /// <summary>The server is stopping: another replica, or this one a little later, takes the call.</summary>
    ShuttingDown,
}
