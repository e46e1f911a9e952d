using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;
using KeyService.Core.Signing;
using KeyService.Providers.Aws.Connection;
using KeyService.Providers.Aws.Keys;

namespace KeyService.Providers.Aws.Signing;

/// <summary>Signs, checks that the reply is about the key that was asked, and turns ECDSA from the DER of KMS into R‖S.</summary>
internal sealed class KmsSigning(KmsConnection connection, NewKeys newKeys)
{
    /// <summary>Bytes of a message that KMS hashes itself (Sign, Message).</summary>
    public const int LargestMessage = 4096;

    public async Task<byte[]> SignAsync(
        string arn, SigningAlgorithm algorithm, MessageType messageType, ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream(message.ToArray(), writable: false);
        var request = new SignRequest { KeyId = arn, Message = content, MessageType = messageType, SigningAlgorithm = Spec(algorithm) };
        var answer = await newKeys.SignWithAsync( // a caller is not kept waiting for a right: who makes the key comes again
            arn,
            () =>
            {
                content.Position = 0;
                return connection.RunAsync((kms, token) => kms.SignAsync(request, token), cancellationToken);
            },
            cancellationToken);
        if (!KmsKeyId.IsSame(arn, answer.KeyId))
            throw Failures.Malformed("a signature by another key");
        return Jose(algorithm, answer.Signature?.ToArray() ?? throw Failures.Malformed("no signature"));
    }

    /// <summary>The form follows from the algorithm alone. How a signature begins says nothing: 0x30 begins DER, and one in 256 of all others.</summary>
    internal static byte[] Jose(SigningAlgorithm algorithm, byte[] signature)
    {
        if (algorithm.Scheme != SignatureScheme.Ecdsa)
        {
            return algorithm.KeyType == "RSA" || signature.Length == algorithm.SignatureLength(modulusBits: 0)
                ? signature
                : throw Failures.Malformed($"an {algorithm} signature of {signature.Length} bytes");
        }

        try
        {
            return EcdsaSignature.FromDer(signature, algorithm.FieldLength);
        }
        catch (FormatException malformed)
        {
            throw Failures.Malformed("an ECDSA signature that is not strict DER", malformed);
        }
    }

    private static SigningAlgorithmSpec Spec(SigningAlgorithm algorithm) => algorithm.Name switch
    {
        "RS256" => SigningAlgorithmSpec.RSASSA_PKCS1_V1_5_SHA_256,
        "RS384" => SigningAlgorithmSpec.RSASSA_PKCS1_V1_5_SHA_384,
        "RS512" => SigningAlgorithmSpec.RSASSA_PKCS1_V1_5_SHA_512,
        "PS256" => SigningAlgorithmSpec.RSASSA_PSS_SHA_256,
        "PS384" => SigningAlgorithmSpec.RSASSA_PSS_SHA_384,
        "PS512" => SigningAlgorithmSpec.RSASSA_PSS_SHA_512,
        "ES256" or "ES256K" => SigningAlgorithmSpec.ECDSA_SHA_256,
        "ES384" => SigningAlgorithmSpec.ECDSA_SHA_384,
        "ES512" => SigningAlgorithmSpec.ECDSA_SHA_512,
        "Ed25519" => SigningAlgorithmSpec.ED25519_SHA_512,
        "ML-DSA-44" or "ML-DSA-65" or "ML-DSA-87" => SigningAlgorithmSpec.ML_DSA_SHAKE_256,
        _ => throw Failures.NotOffered(algorithm),
    };
}
