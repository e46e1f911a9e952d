using System.Security.Cryptography;
using KeyService.Core;
using KeyService.Core.Signing;

namespace KeyService.Server.Signing;

/// <summary>What a caller wants signed.</summary>
/// <param name="IsDigest">True where the caller hashed already.</param>
internal readonly record struct SignerInput(ReadOnlyMemory<byte> Bytes, bool IsDigest)
{
    /// <summary>What the provider is handed for an algorithm: a message is hashed here, so that it never travels.</summary>
    /// <exception cref="KeyServiceException">InvalidArgument: the digest does not fit the algorithm.</exception>
    public ReadOnlyMemory<byte> For(SigningAlgorithm algorithm)
    {
        if (!IsDigest)
            return algorithm.Hash is { } hash ? CryptographicOperations.HashData(hash, Bytes.Span) : Bytes;
        if (!algorithm.TakesDigest)
            throw KeyServiceException.Invalid("digest", $"{algorithm} signs whole messages, never a digest: send message instead.");
        if (Bytes.Length != algorithm.DigestLength)
            throw KeyServiceException.Invalid("digest", $"A digest for {algorithm} has {algorithm.DigestLength} bytes, not {Bytes.Length}.");
        return Bytes;
    }
}
