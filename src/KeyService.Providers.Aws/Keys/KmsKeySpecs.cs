using KeyService.Core.Signing;
using AwsSpec = Amazon.KeyManagementService.KeySpec;
using KeySpec = KeyService.Core.Providers.KeySpec;

namespace KeyService.Providers.Aws.Keys;

/// <summary>The kind of key in the words of KMS.</summary>
internal static class KmsKeySpecs
{
    /// <summary>Null where KMS has no such keys.</summary>
    public static AwsSpec? For(SigningAlgorithm algorithm, int modulusBits) => algorithm.Name switch
    {
        "ES256" => AwsSpec.ECC_NIST_P256,
        "ES384" => AwsSpec.ECC_NIST_P384,
        "ES512" => AwsSpec.ECC_NIST_P521,
        "ES256K" => AwsSpec.ECC_SECG_P256K1,
        "Ed25519" => AwsSpec.ECC_NIST_EDWARDS25519,
        "ML-DSA-44" => AwsSpec.ML_DSA_44,
        "ML-DSA-65" => AwsSpec.ML_DSA_65,
        "ML-DSA-87" => AwsSpec.ML_DSA_87,
        _ when algorithm.KeyType == "RSA" => modulusBits switch
        {
            2048 => AwsSpec.RSA_2048,
            3072 => AwsSpec.RSA_3072,
            4096 => AwsSpec.RSA_4096,
            _ => null,
        },
        _ => null,
    };

    public static AwsSpec Of(KeySpec spec) => For(spec.Algorithm, spec.ModulusBits) ?? throw Failures.NotOffered(spec.Algorithm);
}
