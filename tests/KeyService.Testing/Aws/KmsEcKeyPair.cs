using System.Security.Cryptography;

namespace KeyService.Testing.Aws;

internal sealed class KmsEcKeyPair(ECCurve curve) : KmsKeyPair
{
    private readonly ECDsa _key = ECDsa.Create(curve);

    public override byte[] SubjectPublicKeyInfo => _key.ExportSubjectPublicKeyInfo();

    public override byte[] Sign(KmsAlgorithm algorithm, string messageType, byte[] message) =>
        _key.SignHash(algorithm.Digest(messageType, message), DSASignatureFormat.Rfc3279DerSequence);

    public override bool Verify(KmsAlgorithm algorithm, string messageType, byte[] message, byte[] signature) =>
        _key.VerifyHash(algorithm.Digest(messageType, message), signature, DSASignatureFormat.Rfc3279DerSequence);
}
