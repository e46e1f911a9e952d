namespace KeyService.Core.Keys;

/// <summary>A public JWK (RFC 7517 §4): the members that its thumbprint covers, base64url as they are published.</summary>
public sealed record Jwk
{
    /// <summary><c>RSA</c>, <c>EC</c> or <c>OKP</c>.</summary>
    public required string KeyType { get; init; }

    /// <summary><c>crv</c>; null for RSA.</summary>
    public string? Curve { get; init; }

    /// <summary><c>x</c>, full field width; null for RSA.</summary>
    public string? X { get; init; }

    /// <summary><c>y</c>, full field width; EC only.</summary>
    public string? Y { get; init; }

    /// <summary><c>n</c>, minimal; RSA only.</summary>
    public string? Modulus { get; init; }

    /// <summary><c>e</c>, minimal; RSA only.</summary>
    public string? Exponent { get; init; }
}
