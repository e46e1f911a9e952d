using System.Security.Cryptography;

namespace KeyService.Testing.Aws;

/// <summary>Ed25519 through libcrypto. Ed25519ph is refused: OpenSSL has it from 3.2 on only.</summary>
internal sealed class KmsEdwardsKeyPair : KmsKeyPair
{
    private static readonly byte[] SpkiPrefix = Convert.FromHexString("302a300506032b6570032100"); // RFC 8410 §4

    private readonly byte[] _seed = RandomNumberGenerator.GetBytes(32);
    private readonly byte[] _publicKey;

    public KmsEdwardsKeyPair() => _publicKey = LibcryptoEd25519.PublicKey(_seed);

    public override byte[] SubjectPublicKeyInfo => [.. SpkiPrefix, .. _publicKey];

    public override byte[] Sign(KmsAlgorithm algorithm, string messageType, byte[] message)
    {
        ThrowIfPrehashed(algorithm);
        return LibcryptoEd25519.Sign(_seed, message);
    }

    public override bool Verify(KmsAlgorithm algorithm, string messageType, byte[] message, byte[] signature)
    {
        ThrowIfPrehashed(algorithm);
        return LibcryptoEd25519.Sign(_seed, message).AsSpan().SequenceEqual(signature); // Ed25519 is deterministic
    }

    private static void ThrowIfPrehashed(KmsAlgorithm algorithm)
    {
        if (algorithm == KmsAlgorithm.Ed25519Ph)
            throw new AwsErrorException("UnsupportedOperationException", "This server does not sign with Ed25519ph.");
    }
}
