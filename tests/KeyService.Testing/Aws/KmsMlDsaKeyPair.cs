using System.Security.Cryptography;

#pragma warning disable SYSLIB5006 // evaluation API: a test's stand-in may change with it

namespace KeyService.Testing.Aws;

/// <summary>ML-DSA, where .NET's own works: OpenSSL has it from 3.5 on.</summary>
internal sealed class KmsMlDsaKeyPair(MLDsaAlgorithm kind) : KmsKeyPair
{
    private readonly MLDsa _key = MLDsa.GenerateKey(kind);

    public override byte[] SubjectPublicKeyInfo => _key.ExportSubjectPublicKeyInfo();

    public override byte[] Sign(KmsAlgorithm algorithm, string messageType, byte[] message) =>
        messageType == "EXTERNAL_MU" ? _key.SignMu(message) : _key.SignData(message);

    public override bool Verify(KmsAlgorithm algorithm, string messageType, byte[] message, byte[] signature) =>
        messageType == "EXTERNAL_MU" ? _key.VerifyMu(message, signature) : _key.VerifyData(message, signature);
}
