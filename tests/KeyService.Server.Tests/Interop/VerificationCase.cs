namespace KeyService.Server.Tests.Interop;

/// <summary>A token and whether it must verify, as tests/peers/*/verify.* read it.</summary>
public sealed record VerificationCase
{
    public required string Name { get; init; }

    /// <summary>Of the JWKS.</summary>
    public required Uri Url { get; init; }

    public required string Token { get; init; }

    public required string Alg { get; init; }

    public required string Issuer { get; init; }

    public required bool Genuine { get; init; }
}
