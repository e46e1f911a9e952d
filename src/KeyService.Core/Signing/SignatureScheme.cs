namespace KeyService.Core.Signing;

/// <summary>How a signature is made, apart from the hash and the curve.</summary>
public enum SignatureScheme
{
    /// <summary>RSASSA-PKCS1-v1_5 (RFC 7518 §3.3).</summary>
    RsaPkcs1,

    /// <summary>RSASSA-PSS, MGF1 with the same hash, salt as long as the hash (RFC 7518 §3.5).</summary>
    RsaPss,

    /// <summary>ECDSA, signature as R‖S (RFC 7518 §3.4).</summary>
    Ecdsa,

    /// <summary>EdDSA over the whole message (RFC 8037 §3.1).</summary>
    EdDsa,

    /// <summary>Pure ML-DSA over the whole message, with an empty context (RFC 9964 §4, FIPS 204 §5.2).</summary>
    MlDsa,
}
