using KeyService.Core.Providers;
using KeyService.Core.Signing;

namespace KeyService.Core.Keys;

/// <summary>A line of keys in a key set, each succeeding the last: one algorithm in one provider.</summary>
/// <param name="ModulusBits">RSA modulus in bits for new keys: 2048, 3072 or 4096; 0 for other key types.</param>
public sealed record Signer(SigningAlgorithm Algorithm, string Provider, int ModulusBits = 0)
{
    public KeySpec Spec => new(Algorithm, ModulusBits);

    /// <summary>True where <paramref name="key"/> belongs to this line.</summary>
    public bool Owns(Key key) => key.Algorithm == Algorithm && key.Provider == Provider;

    /// <summary>True where the key that <paramref name="intent"/> becomes would belong to this line.</summary>
    public bool Owns(KeyIntent intent) => intent.Algorithm == Algorithm && intent.Provider == Provider;

    /// <summary>True where <paramref name="intent"/> becomes the next key of this line: it was not given up.</summary>
    public bool Awaits(KeyIntent intent) => intent.GivenUp is null && Owns(intent);
}
