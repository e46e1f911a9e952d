using System.Diagnostics;
using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Providers.Aws;
using KeyService.Testing.Aws;

namespace KeyService.Providers.Tests.Aws;

/// <summary>What each failure of KMS becomes, over the wire and through the real SDK.</summary>
public sealed class AwsKmsFailureTests : IAsyncLifetime
{
    private readonly AwsKmsServerFixture _aws = new();
    private AwsKmsKeyProvider _provider = null!; // set by InitializeAsync, which xUnit awaits
    private KeyHandle _key;

    private AwsFaults Faults => _aws.Server.Faults;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _aws.InitializeAsync();
        _provider = _aws.Provider();
        _key = (await _provider.CreateKeyAsync("failures", new KeySpec(SigningAlgorithm.ES256, 0), Cancellation)).Handle;
    }

    public async ValueTask DisposeAsync()
    {
        await _provider.DisposeAsync();
        await _aws.DisposeAsync();
    }

    [Theory]
    [InlineData("ThrottlingException", 400, KeyServiceError.ProviderThrottled, true)]
    [InlineData("LimitExceededException", 400, KeyServiceError.ProviderThrottled, false)]
    [InlineData("KMSInternalException", 500, KeyServiceError.ProviderUnavailable, true)]
    [InlineData("DependencyTimeoutException", 503, KeyServiceError.ProviderUnavailable, true)]
    [InlineData("KeyUnavailableException", 500, KeyServiceError.ProviderUnavailable, true)]
    [InlineData("ServiceUnavailableException", 503, KeyServiceError.ProviderUnavailable, true)]
    [InlineData("InternalFailure", 500, KeyServiceError.ProviderUnavailable, true)]
    [InlineData("SomethingNew", 502, KeyServiceError.ProviderUnavailable, true)]
    [InlineData("SomethingNew", 429, KeyServiceError.ProviderThrottled, true)]
    [InlineData("SomethingNew", 400, KeyServiceError.ProviderRejected, false)]
    [InlineData("AccessDeniedException", 400, KeyServiceError.ProviderRejected, false)]
    [InlineData("InvalidSignatureException", 400, KeyServiceError.ProviderRejected, false)]
    [InlineData("IncompleteSignatureException", 400, KeyServiceError.ProviderRejected, false)]
    [InlineData("MissingAuthenticationTokenException", 400, KeyServiceError.ProviderRejected, false)]
    [InlineData("UnrecognizedClientException", 400, KeyServiceError.ProviderRejected, false)]
    [InlineData("ExpiredTokenException", 400, KeyServiceError.ProviderRejected, true)]
    [InlineData("ValidationException", 400, KeyServiceError.ProviderRejected, false)]
    [InlineData("DisabledException", 400, KeyServiceError.ProviderRejected, false)]
    [InlineData("KMSInvalidStateException", 400, KeyServiceError.ProviderRejected, false)]
    [InlineData("InvalidKeyUsageException", 400, KeyServiceError.AlgorithmNotSupported, false)]
    [InlineData("UnsupportedOperationException", 400, KeyServiceError.AlgorithmNotSupported, false)]
    [InlineData("NotFoundException", 400, KeyServiceError.KeyNotFound, false)]
    [InlineData("InvalidArnException", 400, KeyServiceError.KeyNotFound, false)]
    public async Task Each_error_of_KMS_becomes_the_products_own(string type, int status, KeyServiceError error, bool isTransient)
    {
        await using var provider = _aws.Provider(); // one that does not know the key as a new one
        Faults.Always = AwsFault.Error(type, status);
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => SignAsync(provider));
        Assert.Equal((error, isTransient), (failure.Error, failure.IsTransient));
        Assert.DoesNotContain("As ordered.", failure.Message, StringComparison.Ordinal); // the vendor's text is for the log
        Assert.Contains("As ordered.", failure.InnerException?.Message, StringComparison.Ordinal);
        Assert.Equal(1, _aws.Server.Calls("Sign")); // neither the SDK nor the provider tried again
    }

    [Fact]
    public async Task A_server_that_is_away_is_unavailable_and_signs_again_when_it_is_back()
    {
        await SignAsync(_provider);
        await _aws.Server.StopAsync();
        Assert.Equal(KeyServiceError.ProviderUnavailable, (await Assert.ThrowsAsync<KeyServiceException>(() => SignAsync(_provider))).Error);
        Assert.Equal(KeyServiceError.ProviderUnavailable, (await Assert.ThrowsAsync<KeyServiceException>(() => _provider.CheckAsync(Cancellation))).Error);
        await _aws.Server.RestartAsync(Cancellation);
        Assert.Equal(64, (await SignAsync(_provider)).Length);
        await _provider.CheckAsync(Cancellation);
    }

    [Fact]
    public async Task A_call_in_flight_when_the_server_dies_is_unavailable()
    {
        Faults.Always = AwsFault.Hangs;
        var call = SignAsync(_provider);
        while (_aws.Server.Calls("Sign") == 0)
            await Task.Yield();
        await _aws.Server.StopAsync();
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => call.WaitAsync(TimeSpan.FromSeconds(5), Cancellation)); // far below RequestTimeout
        Assert.Equal(KeyServiceError.ProviderUnavailable, failure.Error);
    }

    [Fact]
    public async Task One_of_many_reads_that_fails_makes_the_whole_search_fail_with_its_error()
    {
        await using var provider = _aws.Provider();
        for (var i = 0; i < 5; i++)
            await _provider.CreateKeyAsync($"search/{i}", new KeySpec(SigningAlgorithm.ES256, 0), Cancellation);
        Faults.Next(AwsFault.Throttled, operation: "ListResourceTags");
        Assert.Equal(KeyServiceError.ProviderThrottled, (await Assert.ThrowsAsync<KeyServiceException>(() => provider.FindKeysAsync("search/", Cancellation))).Error);
        Assert.Equal(5, (await provider.FindKeysAsync("search/", Cancellation)).Count);
    }

    [Fact]
    public async Task A_connection_that_is_cut_is_unavailable()
    {
        await SignAsync(_provider);
        Faults.Next(AwsFault.Dropped);
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => SignAsync(_provider));
        Assert.Equal((KeyServiceError.ProviderUnavailable, true), (failure.Error, failure.IsTransient));
    }

    [Fact]
    public async Task A_call_without_an_answer_ends_after_RequestTimeout_and_says_so()
    {
        var options = _aws.Options;
        options.RequestTimeout = TimeSpan.FromMilliseconds(200);
        await using var impatient = _aws.Provider(options);
        await SignAsync(impatient).WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        Faults.Always = AwsFault.Hangs;
        var since = Stopwatch.GetTimestamp();
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => SignAsync(impatient));
        Assert.Equal(KeyServiceError.ProviderUnavailable, failure.Error);
        Assert.Contains("RequestTimeout", failure.Message, StringComparison.Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(since), TimeSpan.FromMilliseconds(190), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_caller_that_cancels_in_the_middle_of_a_call_gets_its_own_cancellation()
    {
        Faults.Always = AwsFault.Hangs;
        using var caller = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var call = _provider.SignAsync(_key, SigningAlgorithm.ES256, new byte[32], caller.Token).AsTask();
        while (_aws.Server.Calls("Sign") == 0)
            await Task.Yield();
        await caller.CancelAsync();
        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(caller.Token, cancelled.CancellationToken);
    }

    [Fact]
    public async Task A_signature_by_another_key_is_refused()
    {
        Faults.Next(AwsFault.ForeignKeyId);
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => SignAsync(_provider));
        Assert.Equal(KeyServiceError.ProviderUnavailable, failure.Error);
        Assert.Contains("another key", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_ECDSA_signature_that_is_not_strict_DER_is_refused()
    {
        Faults.Next(AwsFault.TrailingByte);
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => SignAsync(_provider));
        Assert.Equal(KeyServiceError.ProviderUnavailable, failure.Error);
        Assert.Contains("DER", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_check_is_made_once_in_a_while()
    {
        var clock = new KeyService.Testing.ManualClock();
        await using var provider = _aws.Provider(time: clock);
        var before = _aws.Server.Calls("ListKeys");
        await provider.CheckAsync(Cancellation);
        await provider.CheckAsync(Cancellation);
        Assert.Equal(1, _aws.Server.Calls("ListKeys") - before);
        Faults.Always = AwsFault.Throttled;
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(KeyServiceError.ProviderThrottled, (await Assert.ThrowsAsync<KeyServiceException>(() => provider.CheckAsync(Cancellation))).Error);
        Faults.Clear();
        await provider.CheckAsync(Cancellation);
    }

    private Task<byte[]> SignAsync(AwsKmsKeyProvider provider) => provider.SignAsync(_key, SigningAlgorithm.ES256, new byte[32], Cancellation).AsTask();
}
