using System.Security.Cryptography;

namespace KeyService.Core.Signing;

/// <summary>RS* and PS*. The platform accepts PSS only with a salt as long as the digest, as RFC 7518 §3.5 demands.</summary>
internal sealed class RsaVerifier : PublicKeyVerifier
{
    private readonly ImportedKeys<RSA> _keys;
    private readonly HashAlgorithmName _hash;
    private readonly RSASignaturePadding _padding;

    public RsaVerifier(SigningAlgorithm algorithm, byte[] subjectPublicKeyInfo, RSASignaturePadding padding)
        : this(algorithm, new ImportedKeys<RSA>(() => Import(subjectPublicKeyInfo)), padding)
    {
    }

    private RsaVerifier(SigningAlgorithm algorithm, ImportedKeys<RSA> keys, RSASignaturePadding padding)
        : base(algorithm, algorithm.SignatureLength(ModulusBits(keys)))
    {
        _keys = keys;
        _hash = algorithm.Hash ?? throw new ArgumentException($"{algorithm} has no hash.", nameof(algorithm));
        _padding = padding;
    }

    private protected override SignatureVerdict VerifyInput(ReadOnlySpan<byte> input, ReadOnlySpan<byte> signature)
    {
        var key = _keys.Rent();
        try
        {
            return Verdict(key.VerifyHash(input, signature, _hash, _padding));
        }
        finally
        {
            _keys.Return(key);
        }
    }

    protected override void Dispose(bool disposing) => _keys.Dispose();

    private static RSA Import(byte[] subjectPublicKeyInfo)
    {
        var key = RSA.Create();
        key.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out _);
        return key;
    }

    private static int ModulusBits(ImportedKeys<RSA> keys)
    {
        var key = keys.Rent();
        var bits = key.KeySize;
        keys.Return(key);
        return bits;
    }
}
