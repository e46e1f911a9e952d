using System.Security.Cryptography;
using KeyService.Core.Keys;
using KeyService.Core.Signing;
using KeyService.Core.Tests.Keys;
using KeyService.Core.Tests.Vectors;

namespace KeyService.Core.Tests.Signing;

public sealed class PublicKeyVerifierTests
{
    private static readonly byte[] Message = "a message"u8.ToArray();

    public static TheoryData<string> SigningHere =>
        [.. SigningAlgorithm.All.Where(algorithm => algorithm.TakesDigest).Select(algorithm => algorithm.Name)];

    public static TheoryData<string> Vectors => RfcVectors.Signed;

    [Theory]
    [MemberData(nameof(Vectors))]
    public void The_signatures_of_the_rfcs_are_valid_and_no_others(string source)
    {
        var vector = RfcVectors.Find(source);
        using var verifier = PublicKeyVerifier.Create(vector.Key!, vector.Algorithm); // the vectors here have a key
        Assert.Equal(SignatureVerdict.Valid, verifier.VerifyMessage(vector.SigningInputBytes, vector.Signature));

        byte[] otherMessage = [.. vector.SigningInputBytes, (byte)'A'];
        Assert.Equal(SignatureVerdict.Invalid, verifier.VerifyMessage(otherMessage, vector.Signature));
        var signature = vector.Signature.ToArray();
        signature[^1] ^= 1;
        Assert.Equal(SignatureVerdict.Invalid, verifier.VerifyMessage(vector.SigningInputBytes, signature));
    }

    [Theory]
    [InlineData("RFC 8032 7.1 TEST 1")] // the empty message
    [InlineData("RFC 8032 7.1 TEST 2")]
    [InlineData("RFC 8032 7.1 TEST 3")]
    public void The_ed25519_signatures_of_rfc_8032_are_valid(string source)
    {
        var vector = RfcVectors.Load("rfc8032.json").EnumerateArray().Single(item => item.GetProperty("source").GetString() == source);
        byte[] Hex(string name) => Convert.FromHexString(vector.GetProperty(name).GetString()!); // every vector has these members
        var key = new Jwk { KeyType = "OKP", Curve = "Ed25519", X = System.Buffers.Text.Base64Url.EncodeToString(Hex("publicKey")) };

        using var verifier = PublicKeyVerifier.Create(key, SigningAlgorithm.Ed25519);
        Assert.Equal(SignatureVerdict.Valid, verifier.Verify(Hex("message"), Hex("signature")));
        Assert.Equal(SignatureVerdict.Invalid, verifier.Verify("x"u8, Hex("signature")));
    }

    [Fact]
    public void Without_libcrypto_nothing_is_said_about_an_ed25519_signature()
    {
        var vector = RfcVectors.Find("RFC 8037 A.4");
        var publicKey = vector.Key!.ToSubjectPublicKeyInfo().AsSpan()[^32..]; // this vector has a key
        using var verifier = new Ed25519Verifier(SigningAlgorithm.Ed25519, publicKey, libcrypto: null);
        Assert.Equal(SignatureVerdict.CannotVerifyHere, verifier.Verify(vector.SigningInputBytes, vector.Signature));
        Assert.Equal(SignatureVerdict.Invalid, verifier.Verify(vector.SigningInputBytes, vector.Signature[1..])); // no Ed25519 signature is shorter
    }

    /// <summary>What the platform cannot verify is told apart from what is wrong; either way a signature has its length.</summary>
    [Fact]
    public void An_ml_dsa_signature_is_verified_where_the_platform_can()
    {
        using var pair = MLDsa.IsSupported ? MLDsa.GenerateKey(MLDsaAlgorithm.MLDsa65) : null;
        var publicKey = pair?.ExportMLDsaPublicKey() ?? new byte[1952];
        var key = new Jwk { KeyType = "AKP", Algorithm = "ML-DSA-65", Public = System.Buffers.Text.Base64Url.EncodeToString(publicKey) };
        using var verifier = PublicKeyVerifier.Create(key, SigningAlgorithm.MlDsa65);
        var signature = pair?.SignData(Message) ?? new byte[3309];
        Assert.Equal(pair is null ? SignatureVerdict.CannotVerifyHere : SignatureVerdict.Valid, verifier.VerifyMessage(Message, signature));
        signature[0] ^= 1;
        Assert.Equal(pair is null ? SignatureVerdict.CannotVerifyHere : SignatureVerdict.Invalid, verifier.VerifyMessage(Message, signature));
        Assert.Equal(SignatureVerdict.Invalid, verifier.VerifyMessage(Message, signature.AsSpan(1)));
    }

    [Theory]
    [MemberData(nameof(SigningHere))]
    public void A_signature_of_the_platform_is_valid_for_its_own_algorithm_only(string name)
    {
        Assert.True(SigningAlgorithm.TryParse(name, out var algorithm));
        using AsymmetricAlgorithm pair = algorithm.KeyType == "EC" ? TestKeys.Ec(algorithm) : TestKeys.Rsa();
        var signature = Sign(algorithm, pair);
        var key = Jwk.FromSubjectPublicKeyInfo(pair.ExportSubjectPublicKeyInfo());

        Assert.All(SigningAlgorithm.All.Where(key.Fits), candidate =>
        {
            using var verifier = PublicKeyVerifier.Create(key, candidate);
            Assert.Equal(
                candidate == algorithm ? SignatureVerdict.Valid : SignatureVerdict.Invalid, verifier.VerifyMessage(Message, signature));
        });
    }

    [Fact]
    public void A_digest_is_verified_as_it_is()
    {
        using var pair = TestKeys.Rsa();
        using var verifier = PublicKeyVerifier.Create(Jwk.FromSubjectPublicKeyInfo(pair.ExportSubjectPublicKeyInfo()), SigningAlgorithm.PS384);
        var signature = pair.SignData(Message, HashAlgorithmName.SHA384, RSASignaturePadding.Pss);
        Assert.Equal(SignatureVerdict.Valid, verifier.Verify(SHA384.HashData(Message), signature));
        Assert.Throws<ArgumentException>(() => verifier.Verify(SHA256.HashData(Message), signature));
    }

    [Fact]
    public void An_ecdsa_signature_as_der_is_invalid()
    {
        using var pair = TestKeys.Ec(SigningAlgorithm.ES256);
        using var verifier = PublicKeyVerifier.Create(Jwk.FromSubjectPublicKeyInfo(pair.ExportSubjectPublicKeyInfo()), SigningAlgorithm.ES256);
        var der = pair.SignData(Message, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        Assert.Equal(SignatureVerdict.Invalid, verifier.VerifyMessage(Message, der));
        Assert.Equal(SignatureVerdict.Valid, verifier.VerifyMessage(Message, EcdsaSignature.FromDer(der, 32)));
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("PS256")]
    [InlineData("ES256")]
    [InlineData("Ed25519")]
    public void Signatures_of_no_number_are_invalid(string name)
    {
        Assert.True(SigningAlgorithm.TryParse(name, out var algorithm));
        var key = algorithm.KeyType switch { "RSA" => TestKeys.RsaJwk, "EC" => TestKeys.EcJwk, _ => TestKeys.Ed25519Jwk };
        using var verifier = PublicKeyVerifier.Create(key, algorithm);
        var length = algorithm.SignatureLength(2048);
        Assert.All(
            new[] { [], new byte[length - 1], new byte[length], new byte[length + 1], Enumerable.Repeat((byte)0xff, length).ToArray() },
            signature => Assert.Equal(SignatureVerdict.Invalid, verifier.VerifyMessage(Message, signature)));
    }

    [Fact]
    public void A_key_is_not_taken_for_an_algorithm_it_cannot_do()
    {
        Assert.Throws<ArgumentException>(() => PublicKeyVerifier.Create(TestKeys.EcJwk, SigningAlgorithm.ES512));
        Assert.Throws<ArgumentException>(() => PublicKeyVerifier.Create(TestKeys.RsaJwk, SigningAlgorithm.Ed25519));
    }

    [Fact]
    public void What_is_no_key_is_not_taken() =>
        Assert.Throws<FormatException>(
            () => PublicKeyVerifier.Create(TestKeys.EcJwk with { Y = TestKeys.EcJwk.X }, SigningAlgorithm.ES256));

    [Theory]
    [InlineData("RFC 7520 4.1")]
    [InlineData("RFC 7515 A.3")]
    [InlineData("RFC 8037 A.4")]
    public void Threads_may_share_a_verifier(string source)
    {
        var vector = RfcVectors.Find(source);
        var (message, good) = (vector.SigningInputBytes.ToArray(), vector.Signature.ToArray());
        var bad = good.ToArray();
        bad[1] ^= 0x10;

        using var verifier = PublicKeyVerifier.Create(vector.Key!, vector.Algorithm); // the vectors here have a key
        var wrong = 0;
        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            var expected = i % 2 == 0 ? SignatureVerdict.Valid : SignatureVerdict.Invalid;
            if (verifier.VerifyMessage(message, i % 2 == 0 ? good : bad) != expected)
                Interlocked.Increment(ref wrong);
        });
        Assert.Equal(0, wrong);
    }

    [Theory]
    [InlineData("RFC 7520 4.1")]
    [InlineData("RFC 7515 A.3")]
    [InlineData("RFC 8037 A.4")]
    public void A_disposed_verifier_says_so(string source)
    {
        var vector = RfcVectors.Find(source);
        var verifier = PublicKeyVerifier.Create(vector.Key!, vector.Algorithm); // the vectors here have a key
        verifier.Dispose();
        verifier.Dispose();
        Assert.Throws<ObjectDisposedException>(() => verifier.VerifyMessage(vector.SigningInputBytes, vector.Signature));
    }

    private static byte[] Sign(SigningAlgorithm algorithm, AsymmetricAlgorithm pair)
    {
        var hash = algorithm.Hash!.Value; // only algorithms over a digest come here
        return pair switch
        {
            RSA rsa when algorithm.Scheme == SignatureScheme.RsaPkcs1 => rsa.SignData(Message, hash, RSASignaturePadding.Pkcs1),
            RSA rsa => rsa.SignData(Message, hash, RSASignaturePadding.Pss),
            ECDsa ec => ec.SignData(Message, hash),
            _ => throw new ArgumentOutOfRangeException(nameof(pair)),
        };
    }
}
