using KeyService.Core.Signing;

namespace KeyService.Core.Providers;

/// <summary>What every provider refuses before it asks its backend, in the same words.</summary>
public static class ProviderRules
{
    /// <exception cref="KeyServiceException">InvalidArgument: the label or the modulus breaks its rule.</exception>
    public static void CheckNewKey(string label, KeySpec spec)
    {
        if (label.Length is < 1 or > 128 || !label.All(static letter => letter is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-' or '.' or '_' or '/'))
            throw KeyServiceException.Invalid("label", "A key label has 1 to 128 characters out of a-z, 0-9, '-', '.', '_' and '/'.");
        if (spec.Algorithm.KeyType == "RSA" && spec.ModulusBits is not (2048 or 3072 or 4096))
            throw KeyServiceException.Invalid("modulus_bits", "An RSA modulus has 2048, 3072 or 4096 bits.");
    }

    /// <exception cref="KeyServiceException">InvalidArgument: the algorithm signs digests, and this is none.</exception>
    public static void CheckDigest(SigningAlgorithm algorithm, int length)
    {
        if (algorithm.TakesDigest && length != algorithm.DigestLength)
            throw KeyServiceException.Invalid("input", $"{algorithm} signs a digest of exactly {algorithm.DigestLength} bytes.");
    }
}
