using System.Security.Cryptography;
using KeyService.Core;
using KeyService.Core.Signing;

namespace KeyService.Server.Signing;

/// <summary>What a caller wants signed.</summary>
/// <param name="IsDigest">True where the caller hashed already.</param>
internal readonly record struct SignerInput(ReadOnlyMemory<byte> Bytes, bool IsDigest)
{
    /// <summary>Refuses a digest that the algorithm does not take.</summary>
    /// <exception cref="KeyServiceException">InvalidArgument: the digest does not fit the algorithm.</exception>
    public void Check(SigningAlgorithm algorithm)
    {
        if (!IsDigest)
            return;
        if (!algorithm.TakesDigest)
            throw KeyServiceException.Invalid("digest", $"{algorithm} signs whole messages, never a digest: send message instead.");
        if (Bytes.Length != algorithm.DigestLength)
            throw KeyServiceException.Invalid("digest", $"A digest for {algorithm} has {algorithm.DigestLength} bytes, not {Bytes.Length}.");
    }

    /// <summary>What the provider is handed for an algorithm: a message is hashed here, so that it never travels.</summary>
    /// <exception cref="KeyServiceException">InvalidArgument: the digest does not fit the algorithm.</exception>
    public ReadOnlyMemory<byte> For(SigningAlgorithm algorithm)
    {
        Check(algorithm);
        return !IsDigest && algorithm.Hash is { } hash ? CryptographicOperations.HashData(hash, Bytes.Span) : Bytes;
    }
}
