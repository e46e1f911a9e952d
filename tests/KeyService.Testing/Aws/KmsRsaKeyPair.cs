using System.Security.Cryptography;

namespace KeyService.Testing.Aws;

/// <summary>RSA. .NET salts PSS with as many bytes as the digest has, which is what KMS does (KMS Developer Guide, "Key spec reference").</summary>
internal sealed class KmsRsaKeyPair(int bits) : KmsKeyPair
{
    private readonly RSA _key = RSA.Create(bits);

    public override byte[] SubjectPublicKeyInfo => _key.ExportSubjectPublicKeyInfo();

    public override byte[] Sign(KmsAlgorithm algorithm, string messageType, byte[] message) =>
        _key.SignHash(algorithm.Digest(messageType, message), algorithm.Hash, Padding(algorithm));

    public override bool Verify(KmsAlgorithm algorithm, string messageType, byte[] message, byte[] signature) =>
        _key.VerifyHash(algorithm.Digest(messageType, message), signature, algorithm.Hash, Padding(algorithm));

    private static RSASignaturePadding Padding(KmsAlgorithm algorithm) =>
        algorithm.Name.StartsWith("RSASSA_PSS", StringComparison.Ordinal) ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;
}
