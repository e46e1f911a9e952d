namespace KeyService.Testing.Aws;

/// <summary>A key pair as KMS uses it: the input is what MessageType said it is, checked for its length already.</summary>
internal abstract class KmsKeyPair
{
    public abstract byte[] SubjectPublicKeyInfo { get; }

    /// <summary>The signature in the form of the KMS API: ECDSA as DER.</summary>
    public abstract byte[] Sign(KmsAlgorithm algorithm, string messageType, byte[] message);

    public abstract bool Verify(KmsAlgorithm algorithm, string messageType, byte[] message, byte[] signature);
}
