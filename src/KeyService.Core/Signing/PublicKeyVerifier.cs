using System.Security.Cryptography;
using KeyService.Core.Keys;

namespace KeyService.Core.Signing;

/// <summary>
/// Verifies JOSE signatures of one public key with one algorithm. Meant to be kept for as long as the key is in use, since
/// importing a key costs more than a verification. Safe for concurrent use, except for <see cref="Dispose()"/>.
/// </summary>
public abstract class PublicKeyVerifier : IDisposable
{
    private readonly int _signatureLength;

    private protected PublicKeyVerifier(SigningAlgorithm algorithm, int signatureLength)
    {
        Algorithm = algorithm;
        _signatureLength = signatureLength;
    }

    public SigningAlgorithm Algorithm { get; }

    /// <summary>Imports a key.</summary>
    /// <exception cref="FormatException">The JWK is not a key: see <see cref="Jwk.ToSubjectPublicKeyInfo"/>.</exception>
    /// <exception cref="ArgumentException">A key of this kind does not sign with <paramref name="algorithm"/>.</exception>
    public static PublicKeyVerifier Create(Jwk key, SigningAlgorithm algorithm)
    {
        if (!key.Fits(algorithm))
            throw new ArgumentException($"{algorithm} does not fit a key of type {key.KeyType} {key.Curve ?? key.Algorithm}.", nameof(algorithm));

        var subjectPublicKeyInfo = key.ToSubjectPublicKeyInfo(); // checks the key before any platform sees it
        return algorithm.Scheme switch
        {
            SignatureScheme.RsaPkcs1 => new RsaVerifier(algorithm, subjectPublicKeyInfo, RSASignaturePadding.Pkcs1),
            SignatureScheme.RsaPss => new RsaVerifier(algorithm, subjectPublicKeyInfo, RSASignaturePadding.Pss),
            SignatureScheme.Ecdsa => new EcdsaVerifier(algorithm, subjectPublicKeyInfo),
            SignatureScheme.MlDsa => new MlDsaVerifier(algorithm, subjectPublicKeyInfo[^algorithm.PublicKeyLength..]),
            _ => new Ed25519Verifier(algorithm, subjectPublicKeyInfo.AsSpan()[^JwkEd25519Point.Length..], Libcrypto.Loaded),
        };
    }

    /// <summary>Verifies over what a provider is handed to sign.</summary>
    /// <param name="input">The digest where <see cref="SigningAlgorithm.TakesDigest"/>, else the message.</param>
    /// <param name="signature">In JOSE form; one of another length is invalid.</param>
    /// <exception cref="ArgumentException">The digest has not <see cref="SigningAlgorithm.DigestLength"/> bytes.</exception>
    public SignatureVerdict Verify(ReadOnlySpan<byte> input, ReadOnlySpan<byte> signature)
    {
        if (Algorithm.TakesDigest && input.Length != Algorithm.DigestLength)
            throw new ArgumentException($"A digest for {Algorithm} has {Algorithm.DigestLength} bytes.", nameof(input));

        return signature.Length == _signatureLength ? VerifyInput(input, signature) : SignatureVerdict.Invalid;
    }

    /// <summary>Verifies over a message, such as a JWS signing input.</summary>
    public SignatureVerdict VerifyMessage(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (Algorithm.Hash is not { } hash)
            return Verify(message, signature);

        Span<byte> digest = stackalloc byte[Algorithm.DigestLength];
        CryptographicOperations.HashData(hash, message, digest);
        return Verify(digest, signature);
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    private protected static SignatureVerdict Verdict(bool valid) => valid ? SignatureVerdict.Valid : SignatureVerdict.Invalid;

    private protected abstract SignatureVerdict VerifyInput(ReadOnlySpan<byte> input, ReadOnlySpan<byte> signature);

    protected abstract void Dispose(bool disposing);
}
