using System.Security.Cryptography;
using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Providers.Aws;
using KeyService.Providers.Aws.Signing;

namespace KeyService.Providers.Tests.Aws;

public sealed class AwsKmsSigningTests(AwsKmsServerFixture aws) : IClassFixture<AwsKmsServerFixture>
{
    private const int Samples = 10_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private AwsKmsOptions Raw
    {
        get
        {
            var options = aws.Options;
            options.MessageType = AwsKmsMessageType.Raw;
            return options;
        }
    }

    [Theory]
    [InlineData("RS256", 1)]
    [InlineData("PS384", 4096)]
    [InlineData("ES256", 4096)]
    [InlineData("ES512", 1)]
    [InlineData("ES256K", 100)]
    public async Task A_message_that_KMS_hashes_itself_gets_a_signature_over_its_digest(string name, int length)
    {
        Assert.True(SigningAlgorithm.TryParse(name, out var algorithm));
        await using var provider = aws.Provider(Raw);
        var key = await provider.CreateKeyAsync($"raw/{name.ToLowerInvariant()}-{length}", new KeySpec(algorithm, algorithm.KeyType == "RSA" ? 2048 : 0), Cancellation);
        var message = RandomNumberGenerator.GetBytes(length);
        var signature = await provider.SignMessageAsync(key.Handle, algorithm, message, Cancellation);
        Assert.True(await Verification.VerifyMessagesAsync(algorithm, key.SubjectPublicKeyInfo, [(message, signature)], Cancellation));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4097)]
    public async Task A_message_that_KMS_would_not_take_is_refused_before_it_is_sent(int length)
    {
        await using var provider = aws.Provider(Raw);
        var failure = await Assert.ThrowsAsync<KeyServiceException>(
            () => provider.SignMessageAsync(new KeyHandle("arn:x:key/1"), SigningAlgorithm.ES256, new byte[length], Cancellation).AsTask());
        Assert.Equal(KeyServiceError.InvalidArgument, failure.Error);
    }

    [Fact]
    public async Task Digests_are_sent_unless_the_setting_says_otherwise()
    {
        await using var usual = aws.Provider();
        await using var raw = aws.Provider(Raw);
        Assert.Equal((0, 4096), (usual.LargestMessage(SigningAlgorithm.ES256), raw.LargestMessage(SigningAlgorithm.ES256)));
        Assert.Equal((4096, 4096), (usual.LargestMessage(SigningAlgorithm.Ed25519), raw.LargestInput(SigningAlgorithm.Ed25519)));
        Assert.Equal((32, 64), (usual.LargestInput(SigningAlgorithm.PS256), raw.LargestInput(SigningAlgorithm.ES512)));
    }

    [Fact]
    public void Ten_thousand_signatures_that_begin_as_DER_does_pass_untouched()
    {
        var random = new Random(1);
        var lookalike = Convert.FromHexString("303e021d"); // a SEQUENCE of 62 bytes, as long as the rest of 64
        for (var i = 0; i < Samples; i++)
        {
            foreach (var (algorithm, length) in (ReadOnlySpan<(SigningAlgorithm, int)>)[(SigningAlgorithm.Ed25519, 64), (SigningAlgorithm.RS256, 256), (SigningAlgorithm.PS512, 512)])
            {
                var signature = new byte[length];
                random.NextBytes(signature);
                lookalike.AsSpan(0, 1 + (i % lookalike.Length)).CopyTo(signature);
                Assert.Equal(signature, KmsSigning.Jose(algorithm, signature));
            }
        }
    }

    [Fact]
    public void Ten_thousand_ECDSA_signatures_whose_R_begins_as_DER_does_come_out_of_their_DER_unharmed()
    {
        var random = new Random(2);
        for (var i = 0; i < Samples; i++)
        {
            var signature = new byte[64];
            random.NextBytes(signature);
            signature[0] = 0x30;
            signature[1] = (byte)(i % 2 == 0 ? 0x3e : signature[1]);
            Assert.Equal(signature, KmsSigning.Jose(SigningAlgorithm.ES256, EcdsaSignature.ToDer(signature)));
        }
    }
}
