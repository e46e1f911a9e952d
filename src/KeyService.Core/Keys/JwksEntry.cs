using KeyService.Core.Signing;

namespace KeyService.Core.Keys;

/// <summary>One key of a <see cref="JwksDocument"/>.</summary>
public readonly record struct JwksEntry(string Kid, SigningAlgorithm Algorithm, Jwk PublicKey);
