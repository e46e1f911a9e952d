using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Core.Signing;

namespace KeyService.Server.Tests.Guard;

public sealed class GuardedKeyCallTests
{
    private static readonly KeySpec Spec = new(SigningAlgorithm.ES256, 0);

    [Fact]
    public async Task Making_a_key_is_tried_again_after_a_passing_failure()
    {
        await using var provider = await GuardedProvider.StartAsync();
        var made = 0;
        provider.Inner.Script = (_, _) => ++made < 3
            ? throw new KeyServiceException(KeyServiceError.ProviderThrottled, "slow down")
            : ValueTask.CompletedTask;
        var call = provider.Guard.CreateKeyAsync("new", Spec, TestContext.Current.CancellationToken);
        while (!call.IsCompleted && made < 3)
            provider.Clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal("new", (await call).Label);
        Assert.Equal(3, made);
    }

    [Fact]
    public async Task Making_a_key_may_take_longer_than_signing_but_not_forever()
    {
        await using var provider = await GuardedProvider.StartAsync(Guards.OneTry with { Timeout = TimeSpan.FromSeconds(2) });
        provider.Inner.Hang();
        var call = provider.Guard.CreateKeyAsync("new", Spec, TestContext.Current.CancellationToken);
        provider.Clock.Advance(TimeSpan.FromSeconds(29.9));
        Assert.False(call.IsCompleted);
        provider.Clock.Advance(TimeSpan.FromSeconds(0.1));
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => call);
        Assert.Equal(KeyServiceError.ProviderUnavailable, failure.Error);
        Assert.Contains($"Providers:{provider.Inner.Name}:Timeout", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_that_cannot_be_made_keep_nobody_from_signing_and_the_other_way_round()
    {
        await using var provider = await GuardedProvider.StartAsync(Guards.OneTry);
        await FailAsync("find", () => provider.Guard.FindKeysAsync("a", TestContext.Current.CancellationToken));
        await provider.SignAsync();
        Assert.False(provider.Guard.IsAvoided);
        Assert.Contains("breaker keys = 2", provider.Measured);
        provider.Inner.Recover();
        provider.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Single(await provider.Guard.FindKeysAsync("k", TestContext.Current.CancellationToken));

        await FailAsync("sign", () => provider.SignAsync());
        Assert.True(provider.Guard.IsAvoided);
        await provider.Guard.DestroyKeyAsync(provider.Key.Handle, TestContext.Current.CancellationToken);

        async Task FailAsync(string failing, Func<Task> call)
        {
            provider.Inner.Script = (name, _) => name == failing ? throw new KeyServiceException(KeyServiceError.ProviderUnavailable, "away") : ValueTask.CompletedTask;
            for (var i = 0; i < 3; i++)
                await Assert.ThrowsAsync<KeyServiceException>(call);
        }
    }

    [Fact]
    public async Task The_callers_cancellation_is_rethrown_as_it_is()
    {
        await using var provider = await GuardedProvider.StartAsync();
        provider.Inner.Hang();
        using var caller = new CancellationTokenSource();
        var call = provider.Guard.FindKeysAsync("a", caller.Token);
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }
}
