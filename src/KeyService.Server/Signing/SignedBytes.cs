using KeyService.Server.Catalog;

namespace KeyService.Server.Signing;

/// <summary>A signature in JOSE form and the key that made it.</summary>
internal readonly record struct SignedBytes(byte[] Signature, SigningKey Key);
