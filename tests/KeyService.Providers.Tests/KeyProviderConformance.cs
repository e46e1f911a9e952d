using System.Security.Cryptography;
using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Core.Signing;

namespace KeyService.Providers.Tests;

/// <summary>What every provider must do. A subclass gives the provider; what it declares not to be able to do is skipped, not passed.</summary>
public abstract class KeyProviderConformance : IAsyncLifetime
{
    private readonly string _prefix = $"conformance/{Guid.NewGuid():n}/";
    private IKeyProvider? _provider;

    public static TheoryData<string> Algorithms => [.. SigningAlgorithm.All.Select(static algorithm => algorithm.Name)];

    /// <summary>Signatures to look at for their encoding. 2,000 hold a short r or s with all but certainty.</summary>
    protected virtual int EncodingSamples => 2000;

    /// <summary>Whether destroying takes effect before the call returns, rather than after a waiting period of the backend.</summary>
    protected virtual bool DestroysAtOnce => true;

    protected IKeyProvider Provider => _provider ?? throw new InvalidOperationException("Not initialized.");

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public virtual async ValueTask InitializeAsync() => _provider = await CreateProviderAsync();

    public async ValueTask DisposeAsync()
    {
        if (_provider is not null)
            await _provider.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task Signatures_verify_with_the_public_key_that_creation_returned(string name)
    {
        var algorithm = Offered(name);
        var key = await CreateAsync(algorithm, "sign/" + algorithm.Name.ToLowerInvariant());
        if (algorithm.TakesDigest)
        {
            var digest = Verification.Digest(algorithm, 1);
            var signature = await Provider.SignAsync(key.Handle, algorithm, digest, Cancellation);
            Assert.True(Verification.Verify(algorithm, key.SubjectPublicKeyInfo, digest, signature));
            digest[0] ^= 1;
            Assert.False(Verification.Verify(algorithm, key.SubjectPublicKeyInfo, digest, signature));
            return;
        }

        List<(byte[] Message, byte[] Signature)> signed = [];
        foreach (var length in (int[])[1, 32, 1000, Provider.LargestInput(algorithm)])
        {
            var message = RandomNumberGenerator.GetBytes(length);
            signed.Add((message, await Provider.SignAsync(key.Handle, algorithm, message, Cancellation)));
        }

        Assert.All(signed, static pair => Assert.Equal(64, pair.Signature.Length));
        Assert.True(await Verification.VerifyEd25519Async(key.SubjectPublicKeyInfo, signed, Cancellation));
        signed[1].Message[0] ^= 1;
        Assert.False(await Verification.VerifyEd25519Async(key.SubjectPublicKeyInfo, signed, Cancellation));
    }

    [Theory]
    [InlineData(2048)]
    [InlineData(3072)]
    public async Task Rsa_keys_have_the_length_that_was_asked_for_and_the_usual_exponent(int bits)
    {
        var algorithm = Offered("RS256");
        var key = await Provider.CreateKeyAsync(_prefix + $"rsa-{bits}", new KeySpec(algorithm, bits), Cancellation);
        using var rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
        var parameters = rsa.ExportParameters(includePrivateParameters: false);
        Assert.Equal(bits, rsa.KeySize);
        Assert.Equal([1, 0, 1], parameters.Exponent);
    }

    [Fact]
    public async Task Es256_signatures_are_always_64_bytes_even_where_r_or_s_is_short()
    {
        var algorithm = Offered("ES256");
        var key = await CreateAsync(algorithm, "encoding");
        using var ecdsa = ECDsa.Create();
        ecdsa.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
        var shortValues = 0;
        for (var i = 0; i < EncodingSamples; i++)
        {
            var digest = Verification.Digest(algorithm, i);
            var signature = await Provider.SignAsync(key.Handle, algorithm, digest, Cancellation);
            Assert.Equal(64, signature.Length);
            Assert.True(ecdsa.VerifyHash(digest, signature, DSASignatureFormat.IeeeP1363FixedFieldConcatenation), $"signature {i}");
            if (signature[0] == 0 || signature[32] == 0)
                shortValues++;
        }

        Assert.True(EncodingSamples < 2000 || shortValues > 0, "No short r or s among the samples: the padding was not tested.");
    }

    [Fact]
    public async Task Creating_under_a_label_again_returns_the_same_key()
    {
        var algorithm = Offered("ES256");
        var first = await CreateAsync(algorithm, "again");
        var second = await CreateAsync(algorithm, "again");
        Assert.Equal(first.Handle, second.Handle);
        Assert.Equal(first.Label, second.Label);
        Assert.Equal(first.SubjectPublicKeyInfo.ToArray(), second.SubjectPublicKeyInfo.ToArray());
    }

    [Fact]
    public async Task Creations_that_race_under_one_label_make_one_key()
    {
        var algorithm = Offered("ES256");
        var keys = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => CreateAsync(algorithm, "race"), Cancellation)));
        Assert.Single(keys.Select(static key => key.Handle).Distinct());
        Assert.Single(await Provider.FindKeysAsync(_prefix + "race", Cancellation));
    }

    [Fact]
    public async Task Different_labels_hold_different_keys()
    {
        var algorithm = Offered("ES256");
        var first = await CreateAsync(algorithm, "one");
        var second = await CreateAsync(algorithm, "two");
        Assert.NotEqual(first.Handle, second.Handle);
        Assert.NotEqual(first.SubjectPublicKeyInfo.ToArray(), second.SubjectPublicKeyInfo.ToArray());
    }

    [Fact]
    public async Task Finding_by_prefix_lists_whole_pairs_in_order_of_label()
    {
        var algorithm = Offered("ES256");
        var b = await CreateAsync(algorithm, "find/b");
        var a = await CreateAsync(algorithm, "find/a");
        await CreateAsync(algorithm, "fin");
        var found = await Provider.FindKeysAsync(_prefix + "find/", Cancellation);
        Assert.Equal([a.Handle, b.Handle], found.Select(static key => key.Handle));
        Assert.Equal([a.Label, b.Label], found.Select(static key => key.Label));
        Assert.Equal(a.SubjectPublicKeyInfo.ToArray(), found[0].SubjectPublicKeyInfo.ToArray());
        Assert.Empty(await Provider.FindKeysAsync(_prefix + "nothing", Cancellation));
    }

    [Theory]
    [InlineData("ES256", 31)]
    [InlineData("ES256", 33)]
    [InlineData("RS512", 32)]
    [InlineData("ES384", 0)]
    public async Task A_digest_of_another_length_is_refused(string name, int length)
    {
        var algorithm = Offered(name);
        var failure = await Assert.ThrowsAsync<KeyServiceException>(
            () => Provider.SignAsync(new KeyHandle("00"), algorithm, new byte[length], Cancellation).AsTask());
        Assert.Equal(KeyServiceError.InvalidArgument, failure.Error);
    }

    [Fact]
    public async Task A_message_longer_than_the_provider_takes_is_refused()
    {
        var algorithm = Offered("Ed25519");
        var failure = await Assert.ThrowsAsync<KeyServiceException>(
            () => Provider.SignAsync(new KeyHandle("00"), algorithm, new byte[Provider.LargestInput(algorithm) + 1], Cancellation).AsTask());
        Assert.Equal(KeyServiceError.InvalidArgument, failure.Error);
    }

    [Fact]
    public async Task An_unknown_handle_is_not_found()
    {
        var algorithm = Offered("ES256");
        var failure = await Assert.ThrowsAsync<KeyServiceException>(
            () => Provider.SignAsync(UnknownHandle, algorithm, new byte[32], Cancellation).AsTask());
        Assert.Equal(KeyServiceError.KeyNotFound, failure.Error);
    }

    [Fact]
    public async Task A_destroyed_key_signs_no_more_and_destroying_it_again_is_no_error()
    {
        var algorithm = Offered("ES256");
        var key = await CreateAsync(algorithm, "destroy");
        await Provider.SignAsync(key.Handle, algorithm, new byte[32], Cancellation);
        await Provider.DestroyKeyAsync(key.Handle, Cancellation);
        await Provider.DestroyKeyAsync(key.Handle, Cancellation);
        await Provider.DestroyKeyAsync(UnknownHandle, Cancellation);
        var failure = await Assert.ThrowsAsync<KeyServiceException>(
            () => Provider.SignAsync(key.Handle, algorithm, new byte[32], Cancellation).AsTask());
        Assert.Contains(failure.Error, (KeyServiceError[])[KeyServiceError.KeyNotFound, KeyServiceError.ProviderRejected]);
        if (DestroysAtOnce)
            Assert.Empty(await Provider.FindKeysAsync(_prefix + "destroy", Cancellation));
    }

    [Fact]
    public async Task A_key_of_another_type_than_the_algorithm_is_refused()
    {
        var key = await CreateAsync(Offered("ES256"), "type");
        var failure = await Assert.ThrowsAsync<KeyServiceException>(
            () => Provider.SignAsync(key.Handle, Offered("RS256"), new byte[32], Cancellation).AsTask());
        Assert.Contains(failure.Error, (KeyServiceError[])[KeyServiceError.AlgorithmNotSupported, KeyServiceError.ProviderRejected]);
        Assert.False(failure.IsTransient);
    }

    [Fact]
    public async Task A_caller_that_has_cancelled_gets_its_own_cancellation()
    {
        var algorithm = Offered("ES256");
        var key = await CreateAsync(algorithm, "cancel");
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Provider.SignAsync(key.Handle, algorithm, new byte[32], cancelled.Token).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Provider.FindKeysAsync(_prefix, cancelled.Token));
        Assert.Equal(64, (await Provider.SignAsync(key.Handle, algorithm, new byte[32], Cancellation)).Length);
    }

    [Fact]
    public async Task Sixty_four_callers_sign_at_once_and_each_gets_its_own_signature()
    {
        var algorithm = Offered("ES256");
        var key = await CreateAsync(algorithm, "together");
        await Parallel.ForAsync(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 64, CancellationToken = Cancellation }, async (i, token) =>
        {
            var digest = Verification.Digest(algorithm, i);
            var signature = await Provider.SignAsync(key.Handle, algorithm, digest, token);
            Assert.True(Verification.Verify(algorithm, key.SubjectPublicKeyInfo, digest, signature));
        });
    }

    [Fact]
    public async Task The_check_passes_while_the_provider_can_sign() => await Provider.CheckAsync(Cancellation);

    /// <summary>A handle in the provider's form that no key has.</summary>
    protected abstract KeyHandle UnknownHandle { get; }

    protected abstract Task<IKeyProvider> CreateProviderAsync();

    protected Task<ProviderKey> CreateAsync(SigningAlgorithm algorithm, string label) =>
        Provider.CreateKeyAsync(_prefix + label, new KeySpec(algorithm, algorithm.KeyType == "RSA" ? 2048 : 0), Cancellation);

    private SigningAlgorithm Offered(string name)
    {
        Assert.True(SigningAlgorithm.TryParse(name, out var algorithm));
        Assert.SkipWhen(Provider.LargestInput(algorithm) == 0, $"{Provider.Name} does not offer {name}.");
        return algorithm;
    }
}
