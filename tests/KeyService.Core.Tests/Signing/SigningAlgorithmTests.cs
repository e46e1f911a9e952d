using KeyService.Core.Signing;

namespace KeyService.Core.Tests.Signing;

public sealed class SigningAlgorithmTests
{
    /// <summary>RFC 7518 §3.1, §3.3 to §3.5; RFC 8812 §3.2; FIPS 204 table 2; RFC 9864 §2.2 with RFC 8032 §5.1.6. RSA signatures at 2048 bits.</summary>
    [Theory]
    [InlineData("RS256", "RSA", null, "SHA256", 32, 256)]
    [InlineData("RS384", "RSA", null, "SHA384", 48, 256)]
    [InlineData("RS512", "RSA", null, "SHA512", 64, 256)]
    [InlineData("PS256", "RSA", null, "SHA256", 32, 256)]
    [InlineData("PS384", "RSA", null, "SHA384", 48, 256)]
    [InlineData("PS512", "RSA", null, "SHA512", 64, 256)]
    [InlineData("ES256", "EC", "P-256", "SHA256", 32, 64)]
    [InlineData("ES384", "EC", "P-384", "SHA384", 48, 96)]
    [InlineData("ES512", "EC", "P-521", "SHA512", 64, 132)]
    [InlineData("ES256K", "EC", "secp256k1", "SHA256", 32, 64)]
    [InlineData("Ed25519", "OKP", "Ed25519", null, 0, 64)]
    [InlineData("ML-DSA-44", "AKP", null, null, 0, 2420)]
    [InlineData("ML-DSA-65", "AKP", null, null, 0, 3309)]
    [InlineData("ML-DSA-87", "AKP", null, null, 0, 4627)]
    public void Each_algorithm_has_the_numbers_of_its_rfc(
        string name, string keyType, string? curve, string? hash, int digestLength, int signatureLength)
    {
        Assert.True(SigningAlgorithm.TryParse(name, out var algorithm));
        Assert.Equal(name, algorithm.Name);
        Assert.Equal(keyType, algorithm.KeyType);
        Assert.Equal(curve, algorithm.Curve);
        Assert.Equal(hash, algorithm.Hash?.Name);
        Assert.Equal(digestLength, algorithm.DigestLength);
        Assert.Equal(hash is not null, algorithm.TakesDigest);
        Assert.Equal(signatureLength, algorithm.SignatureLength(2048));
    }

    [Fact]
    public void There_are_no_other_algorithms() =>
        Assert.Equal(
            ["ES256", "ES256K", "ES384", "ES512", "Ed25519", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"],
            SigningAlgorithm.All.Select(algorithm => algorithm.Name).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData(2048, 256)]
    [InlineData(3072, 384)]
    [InlineData(4096, 512)]
    public void Rsa_signatures_are_as_long_as_the_modulus(int modulusBits, int bytes) =>
        Assert.Equal(bytes, SigningAlgorithm.PS512.SignatureLength(modulusBits));

    [Theory]
    [InlineData("HS256")] // RFC 7515 A.1: a shared secret cannot be published
    [InlineData("none")] // RFC 7515 A.5
    [InlineData("EdDSA")] // the older, polymorphic name is not parsed as ours
    [InlineData("rs256")]
    [InlineData("RS256 ")]
    [InlineData("")]
    [InlineData(null)]
    public void Names_that_are_not_ours_are_refused(string? name)
    {
        Assert.False(SigningAlgorithm.TryParse(name, out var algorithm));
        Assert.Null(algorithm);
    }
}
