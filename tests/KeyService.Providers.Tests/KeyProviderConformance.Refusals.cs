using KeyService.Core;
using KeyService.Core.Providers;

namespace KeyService.Providers.Tests;

/// <summary>What is refused, and how.</summary>
public abstract partial class KeyProviderConformance
{
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
    public async Task The_check_passes_while_the_provider_can_sign() => await Provider.CheckAsync(Cancellation);

    [Theory]
    [InlineData("")]
    [InlineData("Upper")]
    [InlineData("with space")]
    [InlineData("ümlaut")]
    public async Task A_label_that_breaks_its_rule_is_refused(string label)
    {
        var failure = await FailureAsync(() => Provider.CreateKeyAsync(label, new KeySpec(Offered("ES256"), 0), Cancellation));
        Assert.Equal(KeyServiceError.InvalidArgument, failure.Error);
        Assert.Equal("label", failure.Field);
    }

    [Fact]
    public async Task A_label_as_long_as_may_be_works_with_every_character_that_may_be()
    {
        var label = (_prefix + "abcdefghijklmnopqrstuvwxyz0123456789-._/").PadRight(128, 'x');
        var key = await Provider.CreateKeyAsync(label, new KeySpec(Offered("ES256"), 0), Cancellation);
        Assert.Equal(label, key.Label);
        Assert.Equal(label, Assert.Single(await Provider.FindKeysAsync(label, Cancellation)).Label);
        Assert.Equal(KeyServiceError.InvalidArgument, (await FailureAsync(() => Provider.CreateKeyAsync(label + "x", new KeySpec(Offered("ES256"), 0), Cancellation))).Error);
    }

    [Theory]
    [InlineData(1024)]
    [InlineData(2047)]
    [InlineData(8192)]
    public async Task A_modulus_of_another_length_is_refused(int bits)
    {
        var failure = await FailureAsync(() => Provider.CreateKeyAsync(_prefix + "bits", new KeySpec(Offered("RS256"), bits), Cancellation));
        Assert.Equal(KeyServiceError.InvalidArgument, failure.Error);
    }

    /// <summary>The deadline of a call is its cancellation: it must reach a call that the backend does not answer.</summary>
    [Fact]
    public async Task A_caller_that_gives_up_on_a_frozen_backend_is_let_go()
    {
        var algorithm = Offered("ES256");
        var key = await CreateAsync(algorithm, "frozen");
        await SignMessageAsync(key.Handle, algorithm, [1]);
        using (Freeze())
        {
            using var deadline = new CancellationTokenSource();
            var call = SignMessageAsync(key.Handle, algorithm, [2], deadline.Token);
            Assert.NotSame(call, await Task.WhenAny(call, Task.Delay(TimeSpan.FromMilliseconds(100), Cancellation)));
            await deadline.CancelAsync();
            var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(TimeSpan.FromSeconds(10), Cancellation));
            Assert.Equal(deadline.Token, cancelled.CancellationToken);
        }

        Assert.Equal(64, (await SignMessageAsync(key.Handle, algorithm, [3])).Length);
    }

    private static Task<KeyServiceException> FailureAsync(Func<Task> call) => Assert.ThrowsAsync<KeyServiceException>(call);
}
