namespace KeyService.Core.Signing;

/// <summary>What a <see cref="PublicKeyVerifier"/> found.</summary>
public enum SignatureVerdict
{
    Invalid,
    Valid,

    /// <summary>This machine has no implementation of the algorithm: nothing is known about the signature.</summary>
    CannotVerifyHere,
}
