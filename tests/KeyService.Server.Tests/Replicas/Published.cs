namespace KeyService.Server.Tests.Replicas;

/// <summary>A JWKS as one replica serves it: byte by byte, with its entity tag.</summary>
internal sealed record Published(string Jwks, string? Tag);
