using KeyService.Core.Signing;

namespace KeyService.Core.Providers;

/// <summary>What kind of key to make.</summary>
/// <param name="Algorithm">The one algorithm that the key will sign with.</param>
/// <param name="ModulusBits">Length of the RSA modulus: 2048, 3072 or 4096. 0 for the other key types.</param>
public readonly record struct KeySpec(SigningAlgorithm Algorithm, int ModulusBits);
