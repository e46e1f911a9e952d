using System.Security.Cryptography;
using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Core.Providers;
using KeyService.Core.Signing;

namespace KeyService.Providers.Tests;

/// <summary>
/// What every provider must do. A subclass gives the provider; what it declares not to be able to do is skipped, not passed.
/// This part: signing. The others: a key's life, and what goes wrong.
/// </summary>
public abstract partial class KeyProviderConformance : IAsyncLifetime
{
    private readonly string _prefix = $"conformance/{Guid.NewGuid():n}/";
    private IKeyProvider? _provider;

    public static TheoryData<string> Algorithms => [.. SigningAlgorithm.All.Select(static algorithm => algorithm.Name)];

    /// <summary>Signatures to look at for their encoding. 2,000 hold a short r or s with all but certainty.</summary>
    protected virtual int EncodingSamples => 2000;

    /// <summary>Whether a key can be stopped from signing for a while.</summary>
    protected virtual bool Disables => false;

    /// <summary>Whether destroying takes effect before the call returns, rather than after a waiting period of the backend.</summary>
    protected virtual bool DestroysAtOnce => true;

    /// <summary>Why keys of this test's backend sign on after they were destroyed, where they do: a fault of an emulator. Else null.</summary>
    protected virtual string? DestroyedKeysSign => null;

    /// <summary>Longest message that the backend signs rightly: an emulator that hashes whatever it is given cannot be handed a digest. Default: any.</summary>
    protected virtual int LongestMessage => 100_000;

    protected IKeyProvider Provider => _provider ?? throw new InvalidOperationException("Not initialized.");

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public virtual async ValueTask InitializeAsync() => _provider = await CreateProviderAsync();

    public async ValueTask DisposeAsync()
    {
        if (_provider is not null)
            await _provider.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Messages at the edges: empty, one byte, about the 4096 bytes at which some backends end, and the longest. Longer messages are
    /// signed as their digest where the algorithm has one.
    /// </summary>
    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task Signatures_verify_with_the_public_key_that_creation_returned(string name)
    {
        var algorithm = Offered(name);
        var key = await CreateAsync(algorithm, "sign/" + algorithm.Name.ToLowerInvariant());
        var largest = algorithm.TakesDigest ? LongestMessage : Provider.LargestInput(algorithm);
        List<(byte[] Message, byte[] Signature)> signed = [];
        foreach (var length in new[] { 1, 32, 4096, 4097, largest }.Where(length => length <= largest).Distinct())
        {
            var message = RandomNumberGenerator.GetBytes(length);
            signed.Add((message, await SignMessageAsync(key.Handle, algorithm, message)));
        }

        if (await SignEmptyAsync(key.Handle, algorithm) is { } overNothing)
            signed.Add(([], overNothing));
        Assert.All(signed, pair => Assert.Equal(algorithm.SignatureLength(2048), pair.Signature.Length));
        Assert.True(await Verification.VerifyMessagesAsync(algorithm, key.SubjectPublicKeyInfo, signed, Cancellation));
        signed[1].Message[0] ^= 1;
        Assert.False(await Verification.VerifyMessagesAsync(algorithm, key.SubjectPublicKeyInfo, signed, Cancellation));
    }

    [Theory]
    [InlineData(2048)]
    [InlineData(3072)]
    [InlineData(4096)]
    public async Task Rsa_keys_have_the_length_that_was_asked_for_and_the_usual_exponent(int bits)
    {
        var algorithm = Offered("RS256");
        var key = await Provider.CreateKeyAsync(_prefix + $"rsa-{bits}", new KeySpec(algorithm, bits), Cancellation);
        using var rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
        var parameters = rsa.ExportParameters(includePrivateParameters: false);
        Assert.Equal(bits, rsa.KeySize);
        Assert.Equal([1, 0, 1], parameters.Exponent);
        Assert.Equal(bits / 8, (await SignMessageAsync(key.Handle, algorithm, [1])).Length);
    }

    [Theory]
    [InlineData("ES256")]
    [InlineData("ES512")] // the highest byte of a coordinate holds one bit: half of the values are short
    public async Task Ecdsa_signatures_are_always_of_full_width_even_where_r_or_s_is_short(string name)
    {
        var algorithm = Offered(name);
        var field = algorithm.FieldLength;
        var samples = name == "ES512" ? EncodingSamples / 10 : EncodingSamples;
        var key = await CreateAsync(algorithm, "encoding/" + field);
        using var ecdsa = ECDsa.Create();
        ecdsa.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
        var shortValues = 0;
        for (var i = 0; i < samples; i++)
        {
            var message = BitConverter.GetBytes(i);
            var signature = await SignMessageAsync(key.Handle, algorithm, message);
            Assert.Equal(2 * field, signature.Length);
            Assert.True(ecdsa.VerifyData(message, signature, algorithm.Hash!.Value, DSASignatureFormat.IeeeP1363FixedFieldConcatenation), $"signature {i}"); // ES* have a hash
            if (signature[0] == 0 || signature[field] == 0)
                shortValues++;
        }

        Assert.True(EncodingSamples < 2000 || shortValues > 0, "No short r or s among the samples: the padding was not tested.");
    }

    /// <summary>A signature is no DER because it begins with 0x30: some 1 in 256 of all do. Whoever sniffs mangles those.</summary>
    [Theory]
    [InlineData("ES256")]
    [InlineData("RS256")]
    public async Task Signatures_that_begin_like_der_pass_untouched(string name)
    {
        var algorithm = Offered(name);
        var key = await CreateAsync(algorithm, "der/" + algorithm.Name.ToLowerInvariant());
        using var verifier = PublicKeyVerifier.Create(Jwk.FromSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span), algorithm);
        for (var i = 0; i < EncodingSamples; i++)
        {
            var message = BitConverter.GetBytes(i);
            var signature = await SignMessageAsync(key.Handle, algorithm, message);
            Assert.Equal(SignatureVerdict.Valid, verifier.VerifyMessage(message, signature));
            if (signature[0] == 0x30)
                return;
        }

        Assert.SkipWhen(EncodingSamples < 2000, $"{EncodingSamples} signatures are too few for one to begin with 0x30.");
        Assert.Fail("None of the signatures began with 0x30.");
    }

    [Fact]
    public async Task Sixty_four_callers_sign_at_once_and_each_gets_its_own_signature()
    {
        var algorithm = Offered("ES256");
        var key = await CreateAsync(algorithm, "together");
        await Parallel.ForAsync(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 64, CancellationToken = Cancellation }, async (i, token) =>
        {
            var message = BitConverter.GetBytes(i);
            var signature = await SignMessageAsync(key.Handle, algorithm, message, token);
            Assert.True(await Verification.VerifyMessagesAsync(algorithm, key.SubjectPublicKeyInfo, [(message, signature)], token));
        });
    }

    /// <summary>A handle in the provider's form that no key has.</summary>
    protected abstract KeyHandle UnknownHandle { get; }

    protected abstract Task<IKeyProvider> CreateProviderAsync();

    protected Task<ProviderKey> CreateAsync(SigningAlgorithm algorithm, string label) =>
        Provider.CreateKeyAsync(_prefix + label, new KeySpec(algorithm, algorithm.KeyType == "RSA" ? 2048 : 0), Cancellation);

    /// <summary>What the backend of this test cannot do although the provider offers it; the reason, or null.</summary>
    protected virtual string? BackendLacks(SigningAlgorithm algorithm) => null;

    /// <summary>Makes the backend not answer until the result is disposed of.</summary>
    protected abstract IDisposable Freeze();

    /// <summary>Hands the provider what the service would: the message where it asks for messages, else the digest.</summary>
    private async Task<byte[]> SignMessageAsync(KeyHandle key, SigningAlgorithm algorithm, byte[] message, CancellationToken? cancellation = null) =>
        Provider is IMessageSigner signer && message.Length <= signer.LargestMessage(algorithm)
            ? await signer.SignMessageAsync(key, algorithm, message, cancellation ?? Cancellation)
            : await Provider.SignAsync(key, algorithm, algorithm.Hash is { } hash ? CryptographicOperations.HashData(hash, message) : message, cancellation ?? Cancellation);

    /// <summary>Null where the provider refuses, which it may: the service never signs an empty message.</summary>
    private async Task<byte[]?> SignEmptyAsync(KeyHandle key, SigningAlgorithm algorithm)
    {
        try
        {
            return await SignMessageAsync(key, algorithm, []);
        }
        catch (KeyServiceException e) when (e.Error == KeyServiceError.InvalidArgument)
        {
            return null;
        }
    }

    private SigningAlgorithm Offered(string name)
    {
        Assert.True(SigningAlgorithm.TryParse(name, out var algorithm));
        Assert.SkipWhen(Provider.LargestInput(algorithm) == 0, $"{Provider.Name} does not offer {name}.");
        if (BackendLacks(algorithm) is { } reason)
            Assert.Skip($"{name}: {reason}");
        return algorithm;
    }
}
