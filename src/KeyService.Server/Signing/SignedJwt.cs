using KeyService.Server.Catalog;

namespace KeyService.Server.Signing;

/// <summary>A JWT in compact form and the key that signed it.</summary>
internal readonly record struct SignedJwt(string Jwt, SigningKey Key);
