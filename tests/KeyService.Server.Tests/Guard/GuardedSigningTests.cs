using System.Security.Cryptography;
using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Server.Api;
using KeyService.Server.Guard;
using KeyService.Server.Signing;
using KeyService.Testing;

namespace KeyService.Server.Tests.Guard;

public sealed class GuardedSigningTests
{
    private static readonly GuardOptions OneTry = Guards.OneTry;

    [Fact]
    public async Task A_message_is_hashed_here_and_the_signature_verifies()
    {
        await using var provider = await GuardedProvider.StartAsync();
        var message = new byte[] { 9, 8, 7 };
        var signature = await provider.SignAsync(input: new SignerInput(message, IsDigest: false));
        var same = await provider.SignAsync(input: new SignerInput(SHA256.HashData(message), IsDigest: true));
        Assert.Equal(SignatureVerdict.Valid, provider.Key.Verifier!.VerifyMessage(message, signature));
        Assert.Equal(SignatureVerdict.Valid, provider.Key.Verifier!.VerifyMessage(message, same));
        Assert.Contains("signatures ES256 OK", provider.Measured);
        Assert.Contains("sign.duration ES256 OK", provider.Measured);
    }

    [Fact]
    public async Task A_short_message_goes_as_it_is_to_a_provider_that_hashes_by_itself()
    {
        HashingProvider? hashing = null;
        await using var provider = await GuardedProvider.StartAsync(around: inner => hashing = new HashingProvider(inner, largest: 4));
        foreach (var message in new byte[][] { [1, 2, 3, 4], [1, 2, 3, 4, 5] })
        {
            var signature = await provider.SignAsync(input: new SignerInput(message, IsDigest: false));
            Assert.Equal(SignatureVerdict.Valid, provider.Key.Verifier!.VerifyMessage(message, signature));
        }

        await provider.SignAsync(input: new SignerInput(SHA256.HashData([1]), IsDigest: true));
        Assert.Equal([4], hashing!.MessageLengths);
    }

    [Fact]
    public async Task A_provider_that_does_not_answer_in_time_is_unavailable_and_the_setting_is_named()
    {
        await using var provider = await GuardedProvider.StartAsync(OneTry with { Timeout = TimeSpan.FromSeconds(2) });
        provider.Inner.Hang();
        var call = provider.FailsAsync();
        provider.Clock.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(call.IsCompleted);
        provider.Clock.Advance(TimeSpan.FromSeconds(0.1));
        var failure = await call;
        Assert.Equal(KeyServiceError.ProviderUnavailable, failure.Error);
        Assert.Contains($"Providers:{provider.Inner.Name}:Timeout", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_that_leaves_is_told_so_and_counts_against_nobody()
    {
        await using var provider = await GuardedProvider.StartAsync(OneTry);
        provider.Inner.Hang();
        for (var i = 0; i < 10; i++)
        {
            using var caller = new CancellationTokenSource();
            var call = provider.SignAsync(caller: caller.Token);
            await caller.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        }

        provider.Inner.Recover();
        await provider.SignAsync();
        Assert.False(provider.Guard.IsAvoided);
    }

    [Theory]
    [InlineData(0.9, true)] // half of it is less than a fair time
    [InlineData(4, false)]
    public async Task Only_a_try_that_had_a_fair_time_counts_as_failed(double secondsLeft, bool healthy)
    {
        await using var provider = await GuardedProvider.StartAsync(OneTry);
        provider.Inner.Hang();
        var calls = Enumerable.Range(0, 5).Select(_ => provider.FailsAsync(secondsLeft, hasOtherHome: true)).ToArray();
        provider.Clock.Advance(TimeSpan.FromSeconds(secondsLeft / 2));
        Assert.All(await Task.WhenAll(calls), failure => Assert.Equal(KeyServiceError.ProviderUnavailable, failure.Error));
        Assert.Equal(healthy, !provider.Guard.IsAvoided);
    }

    [Fact]
    public async Task A_home_that_is_not_the_last_gets_half_of_the_time_and_no_second_try()
    {
        await using var provider = await GuardedProvider.StartAsync(new GuardOptions { Timeout = null });
        provider.Inner.Hang();
        var call = provider.FailsAsync(seconds: 2, hasOtherHome: true);
        provider.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(KeyServiceError.ProviderUnavailable, (await call).Error);
        provider.Inner.FailWith(KeyServiceError.ProviderUnavailable);
        await provider.FailsAsync(hasOtherHome: true);
        Assert.Equal(2, provider.Inner.Calls);
    }

    [Fact]
    public async Task A_passing_failure_is_tried_again_after_a_pause()
    {
        await using var provider = await GuardedProvider.StartAsync();
        provider.Inner.FailWith(KeyServiceError.ProviderUnavailable);
        var call = provider.SignAsync();
        Assert.Equal(1, provider.Inner.Calls);
        provider.Inner.Recover();
        provider.Clock.Advance(TimeSpan.FromMilliseconds(100));
        await call;
        Assert.Equal(2, provider.Inner.Calls);
        Assert.Equal(1, provider.Measured.Count(line => line == "retries"));
    }

    [Fact]
    public async Task What_a_throttling_provider_asks_for_is_kept_to_or_told_to_the_caller()
    {
        await using var provider = await GuardedProvider.StartAsync();
        provider.Inner.FailWith(KeyServiceError.ProviderThrottled, TimeSpan.FromSeconds(1));
        var patient = provider.SignAsync(seconds: 5);
        var hurried = await provider.FailsAsync(seconds: 0.5);
        Assert.Equal(TimeSpan.FromSeconds(1), hurried.RetryAfter);
        Assert.True(provider.Guard.IsAvoided);
        provider.Inner.Recover();
        provider.Clock.Advance(TimeSpan.FromSeconds(0.99));
        Assert.False(patient.IsCompleted);
        provider.Clock.Advance(TimeSpan.FromSeconds(0.1));
        await patient;
        Assert.False(provider.Guard.IsAvoided);
    }

    [Fact]
    public async Task A_backend_that_rests_is_not_asked_and_not_checked_until_one_call_finds_it_back()
    {
        await using var provider = await GuardedProvider.StartAsync(OneTry);
        provider.Inner.FailWith(KeyServiceError.ProviderUnavailable);
        for (var i = 0; i < 10; i++)
            await provider.FailsAsync();
        Assert.Equal(3, provider.Inner.Calls);
        Assert.True(provider.Guard.IsAvoided);
        Assert.Contains("breaker sign = 2", provider.Measured);
        provider.Inner.Recover();
        Assert.NotNull((await Assert.ThrowsAsync<KeyServiceException>(() => provider.Guard.CheckAsync(TestContext.Current.CancellationToken))).RetryAfter);
        provider.Clock.Advance(TimeSpan.FromSeconds(1));
        await provider.Guard.CheckAsync(TestContext.Current.CancellationToken);
        await provider.SignAsync();
        Assert.False(provider.Guard.IsAvoided);
        Assert.Equal("breaker sign = 0", provider.Measured.Last(line => line.StartsWith("breaker sign", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_key_that_the_provider_lost_is_no_key_that_the_caller_named_wrongly()
    {
        await using var provider = await GuardedProvider.StartAsync();
        provider.Inner.Forget(provider.Key.Handle);
        var failure = await provider.FailsAsync();
        Assert.Equal(KeyServiceError.ProviderUnavailable, failure.Error);
        Assert.Equal(1, provider.Inner.Calls);
        for (var i = 0; i < 10; i++)
            await provider.FailsAsync();
        Assert.False(provider.Guard.IsAvoided); // other keys of this provider sign on
    }

    [Fact]
    public async Task Too_many_callers_at_a_time_are_turned_away_with_a_time_to_come_back()
    {
        await using var provider = await GuardedProvider.StartAsync(OneTry with { MaxConcurrency = 2, MaxQueue = 3 });
        provider.Inner.Hang();
        var held = Enumerable.Range(0, 5).Select(_ => provider.FailsAsync()).ToArray();
        var failure = await provider.FailsAsync();
        Assert.Equal(KeyServiceError.ProviderBusy, failure.Error);
        Assert.Contains("queue = 3", provider.Measured);
        Assert.Equal(2, provider.Inner.MostAtATime);
        var status = GrpcStatus.Describe(failure);
        Assert.Equal((int)Grpc.Core.StatusCode.ResourceExhausted, status.Code);
        Assert.Contains(status.Details, detail => detail.Is(Google.Rpc.RetryInfo.Descriptor));

        provider.Clock.Advance(TimeSpan.FromSeconds(2));
        var outcomes = (await Task.WhenAll(held)).Select(waited => waited.Error).ToArray();
        Assert.Equal(2, outcomes.Count(error => error == KeyServiceError.ProviderUnavailable));
        Assert.Equal(3, outcomes.Count(error => error == KeyServiceError.ProviderBusy));
    }

    [Fact]
    public async Task Who_waited_in_line_for_a_backend_that_turns_out_to_be_gone_is_not_sent_there()
    {
        await using var provider = await GuardedProvider.StartAsync(OneTry with { MaxConcurrency = 3 });
        var gone = new TaskCompletionSource();
        provider.Inner.Script = async (_, _) =>
        {
            await gone.Task;
            throw new KeyServiceException(KeyServiceError.ProviderUnavailable, "gone");
        };
        var calls = Enumerable.Range(0, 200).Select(_ => provider.FailsAsync()).ToArray();
        gone.SetResult();
        Assert.All(await Task.WhenAll(calls), failure => Assert.Equal(KeyServiceError.ProviderUnavailable, failure.Error));
        Assert.InRange(provider.Inner.Calls, 3, 50); // a slot is handed on a moment before its call is judged
    }

    [Fact]
    public async Task A_quota_that_is_used_up_throttles_before_the_provider_does()
    {
        await using var provider = await GuardedProvider.StartAsync(OneTry with { Quota = new QuotaOptions { Ecc = 2 } });
        await provider.SignAsync();
        await provider.SignAsync();
        Assert.Equal((KeyServiceError.ProviderThrottled, TimeSpan.FromSeconds(0.5)), await provider.FailsAsync() is var failure ? (failure.Error, failure.RetryAfter) : default);
        Assert.Equal(2, provider.Inner.Calls);
        provider.Clock.Advance(TimeSpan.FromSeconds(0.5));
        await provider.SignAsync();
    }

    [Fact]
    public async Task A_bad_signature_reaches_nobody()
    {
        await using var provider = await GuardedProvider.StartAsync(OneTry);
        provider.Inner.Alter = Bent;
        var failure = await provider.FailsAsync();
        Assert.Equal(KeyServiceError.ProviderUnavailable, failure.Error);
        Assert.Contains("verification_failures", provider.Measured);
        Assert.Contains(provider.Logger.Lines, line => line.StartsWith("Error: ", StringComparison.Ordinal) && line.Contains("does not verify", StringComparison.Ordinal));
    }

    [Fact]
    public async Task After_one_bad_signature_a_sampled_provider_is_trusted_with_none()
    {
        await using var provider = await GuardedProvider.StartAsync(OneTry with { VerifySignatures = SignatureCheck.Sampled, SigningBreaker = BreakerOptions.Signing with { MinimumCalls = 10_000 } });
        await provider.SignAsync();
        provider.Inner.Alter = Bent;
        var handedOut = 0;
        for (var i = 0; i < 2 * LocalVerification.SampleOneIn; i++)
        {
            try
            {
                await provider.SignAsync();
                handedOut++;
            }
            catch (KeyServiceException)
            {
                // withheld
            }
        }

        Assert.Equal(LocalVerification.SampleOneIn - 1, handedOut);
    }

    [Fact]
    public async Task Where_verification_is_off_signatures_go_out_as_they_are()
    {
        await using var provider = await GuardedProvider.StartAsync(OneTry with { VerifySignatures = SignatureCheck.Off });
        provider.Inner.Alter = Bent;
        Assert.Equal(64, (await provider.SignAsync()).Length);
    }

    private static byte[] Bent(byte[] signature)
    {
        signature[10] ^= 1;
        return signature;
    }

    private sealed class HashingProvider(ScriptedKeyProvider inner, int largest) : IKeyProvider, IMessageSigner
    {
        public List<int> MessageLengths { get; } = [];

        public string Name => inner.Name;

        public int LargestMessage(SigningAlgorithm algorithm) => largest;

        public ValueTask<byte[]> SignMessageAsync(KeyHandle key, SigningAlgorithm algorithm, ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
        {
            MessageLengths.Add(message.Length);
            return inner.SignAsync(key, algorithm, SHA256.HashData(message.Span), cancellationToken);
        }

        public int LargestInput(SigningAlgorithm algorithm) => inner.LargestInput(algorithm);

        public Task<ProviderKey> CreateKeyAsync(string label, KeySpec spec, CancellationToken cancellationToken) => inner.CreateKeyAsync(label, spec, cancellationToken);

        public ValueTask<byte[]> SignAsync(KeyHandle key, SigningAlgorithm algorithm, ReadOnlyMemory<byte> input, CancellationToken cancellationToken) => inner.SignAsync(key, algorithm, input, cancellationToken);

        public Task<IReadOnlyList<ProviderKey>> FindKeysAsync(string labelPrefix, CancellationToken cancellationToken) => inner.FindKeysAsync(labelPrefix, cancellationToken);

        public Task DisableKeyAsync(KeyHandle key, CancellationToken cancellationToken) => inner.DisableKeyAsync(key, cancellationToken);

        public Task DestroyKeyAsync(KeyHandle key, CancellationToken cancellationToken) => inner.DestroyKeyAsync(key, cancellationToken);

        public Task CheckAsync(CancellationToken cancellationToken) => inner.CheckAsync(cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
