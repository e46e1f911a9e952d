using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Providers.Pkcs11;
using KeyService.Providers.Pkcs11.Cryptoki;
using KeyService.Testing;
using static KeyService.Providers.Tests.Pkcs11.FaultyModule;

namespace KeyService.Providers.Tests.Pkcs11;

/// <summary>
/// Calls that do not come back. The clock is moved by hand: what must happen "within the limit" happens when the limit is
/// passed, however slow the machine is.
/// </summary>
public sealed class FrozenModuleTests(SoftHsmFixture softHsm) : FaultyModuleTests(softHsm)
{
    private static readonly TimeSpan JustOver = TimeSpan.FromSeconds(1);
    private readonly ManualClock _clock = new();

    [Fact(Timeout = 60_000)]
    public async Task A_call_that_hangs_is_answered_after_the_limit_and_others_go_on()
    {
        var (provider, key) = await ProviderWithKeyAsync(time: _clock);
        Module.Freeze(Function.Sign);
        var hanging = provider.SignEs256Async(key, Cancellation);
        Module.WaitUntilFrozen(Function.Sign, 1);
        Assert.Equal(64, (await provider.SignEs256Async(key, Cancellation)).Length);
        Assert.False(hanging.IsCompleted);

        _clock.Advance(TimeSpan.FromSeconds(10) + JustOver);
        var failure = await FailureAsync(() => hanging);
        Assert.Equal(KeyServiceError.ProviderUnavailable, failure.Error);
        Assert.Contains("CallTimeout", failure.Message, StringComparison.Ordinal);
        var signatures = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => provider.SignEs256Async(key, Cancellation)));
        Assert.All(signatures, static signature => Assert.Equal(64, signature.Length));
    }

    [Fact(Timeout = 60_000)]
    public async Task Too_many_hanging_calls_fail_the_check_until_they_return()
    {
        var (provider, key) = await ProviderWithKeyAsync(static options => options.MaxSessions = 3, _clock);
        Module.Freeze(Function.Sign, 2);
        var hanging = new[] { provider.SignEs256Async(key, Cancellation), provider.SignEs256Async(key, Cancellation) };
        Module.WaitUntilFrozen(Function.Sign, 2);
        await provider.CheckAsync(Cancellation);

        _clock.Advance(TimeSpan.FromSeconds(10) + JustOver);
        Assert.All(await Task.WhenAll(hanging.Select(call => FailureAsync(() => call))), static failure =>
            Assert.Equal(KeyServiceError.ProviderUnavailable, failure.Error));
        Assert.Equal(KeyServiceError.ProviderUnavailable, (await FailureAsync(() => provider.CheckAsync(Cancellation))).Error);
        Assert.Equal(64, (await provider.SignEs256Async(key, Cancellation)).Length);

        Module.Release(Function.Sign);
        await EventuallyReadyAsync(provider);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_threads_that_hang_are_bounded_and_calls_then_fail_at_once()
    {
        var (provider, key) = await ProviderWithKeyAsync(static options => options.MaxSessions = 1, _clock);
        Module.Freeze(Function.Sign, 100);
        for (var i = 1; i <= 2; i++)
        {
            var hanging = provider.SignEs256Async(key, Cancellation);
            Module.WaitUntilFrozen(Function.Sign, i);
            _clock.Advance(TimeSpan.FromSeconds(10) + JustOver);
            await FailureAsync(() => hanging);
        }

        var failure = await FailureAsync(() => provider.SignEs256Async(key, Cancellation));
        Assert.Equal(KeyServiceError.ProviderUnavailable, failure.Error);
        Module.WaitUntilFrozen(Function.Sign, 2); // MaxSessions at work and as many written off, no more

        Module.Release(Function.Sign);
        await EventuallyReadyAsync(provider);
        Assert.Equal(64, (await provider.SignEs256Async(key, Cancellation)).Length);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_call_that_finds_no_free_session_is_told_so_after_the_wait()
    {
        var (provider, key) = await ProviderWithKeyAsync(static options => options.MaxSessions = 1, _clock);
        Module.Freeze(Function.Sign);
        var working = provider.SignEs256Async(key, Cancellation);
        Module.WaitUntilFrozen(Function.Sign, 1);
        var waiting = provider.SignEs256Async(key, Cancellation);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(waiting.IsCompleted);

        _clock.Advance(TimeSpan.FromSeconds(1.5));
        var failure = await FailureAsync(() => waiting);
        Assert.Equal(KeyServiceError.ProviderBusy, failure.Error);
        Assert.Contains("SessionWait", failure.Message, StringComparison.Ordinal);

        Module.Release(Function.Sign);
        Assert.Equal(64, (await working).Length);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_caller_that_cancels_leaves_at_once_whether_it_waits_or_its_call_runs()
    {
        var (provider, key) = await ProviderWithKeyAsync(static options => options.MaxSessions = 1, _clock);
        using var ends = new CancellationTokenSource();
        Module.Freeze(Function.Sign);
        var running = provider.SignEs256Async(key, ends.Token);
        Module.WaitUntilFrozen(Function.Sign, 1);
        var queued = provider.SignEs256Async(key, ends.Token);
        var patient = provider.SignEs256Async(key, Cancellation);
        await ends.CancelAsync();
        Assert.Equal(ends.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running)).CancellationToken);
        Assert.Equal(ends.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queued)).CancellationToken);

        var before = Module.Calls(Function.SignInit);
        Module.Release(Function.Sign);
        Assert.Equal(64, (await patient).Length);
        Assert.Equal(before + 1, Module.Calls(Function.SignInit)); // the queued one never reached the module
    }

    [Fact(Timeout = 60_000)]
    public async Task A_login_that_hangs_fails_the_check_after_the_limit()
    {
        var provider = NewProvider(time: _clock);
        Module.Freeze(Function.Login);
        var check = provider.CheckAsync(Cancellation);
        Module.WaitUntilFrozen(Function.Login, 1);
        _clock.Advance(TimeSpan.FromSeconds(2) + JustOver); // SessionWait: what a call waits for the connection
        Assert.Equal(KeyServiceError.ProviderUnavailable, (await FailureAsync(() => check)).Error);

        Module.Release(Function.Login);
        await EventuallyReadyAsync(provider);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_initialization_that_returns_after_all_is_not_taken_for_other_codes()
    {
        var provider = NewProvider(static options => options.CallTimeout = TimeSpan.FromMilliseconds(200));
        Module.Freeze(Function.Initialize);
        Assert.Equal(KeyServiceError.ProviderUnavailable, (await FailureAsync(() => provider.CheckAsync(Cancellation))).Error);
        Module.Release(Function.Initialize);
        await EventuallyReadyAsync(provider);
        await provider.DisposeAsync();
        Assert.Equal(Module.Calls(Function.Initialize), Module.Calls(Function.Finalize));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_search_that_hangs_does_not_hang_the_signatures()
    {
        var (provider, key) = await ProviderWithKeyAsync(time: _clock);
        Module.Freeze(Function.FindObjectsInit);
        var search = provider.FindKeysAsync("", Cancellation);
        Module.WaitUntilFrozen(Function.FindObjectsInit, 1);
        Assert.Equal(64, (await provider.SignEs256Async(key, Cancellation)).Length);
        _clock.Advance(TimeSpan.FromMinutes(2) + JustOver);
        var failure = await FailureAsync(() => search);
        Assert.Contains("KeyCallTimeout", failure.Message, StringComparison.Ordinal);
        Assert.Single(await provider.FindKeysAsync("", Cancellation)); // another thread took over
    }

    [Fact(Timeout = 60_000)]
    public async Task A_hanging_call_that_bars_the_restart_asks_for_a_new_process_until_it_returns()
    {
        var (provider, key) = await ProviderWithKeyAsync(static options => options.CallTimeout = TimeSpan.FromMilliseconds(200));
        Module.Freeze(Function.Sign);
        var hanging = provider.SignEs256Async(key, Cancellation);
        Module.WaitUntilFrozen(Function.Sign, 1);
        Module.Fail(Function.SignInit, CkReturn.DeviceRemoved);
        await FailureAsync(() => provider.SignEs256Async(key, Cancellation));
        await FailureAsync(() => hanging);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        while (!provider.NeedsNewProcess)
            await Task.Delay(10, limit.Token);
        Assert.Equal(0, Module.Calls(Function.Finalize)); // Cryptoki forbids it while a call runs

        Module.Release(Function.Sign);
        await EventuallyReadyAsync(provider);
        Assert.False(provider.NeedsNewProcess);
        Assert.Equal(64, (await provider.SignEs256Async(key, Cancellation)).Length);
    }

    [Fact(Timeout = 60_000)]
    public async Task Disposing_does_not_wait_for_a_call_that_hangs()
    {
        var provider = NewProvider(static options => options.CallTimeout = TimeSpan.FromMilliseconds(200));
        var key = await provider.CreateEs256Async("key", Cancellation);
        Module.Freeze(Function.Sign);
        var hanging = provider.SignEs256Async(key, Cancellation);
        Module.WaitUntilFrozen(Function.Sign, 1);
        await provider.DisposeAsync();
        Assert.Equal(0, Module.Calls(Function.Finalize));
        Module.Release(Function.Sign);
        Assert.Equal(64, (await hanging).Length); // it was in the module: its caller still gets the answer
    }

    [Fact(Timeout = 60_000)]
    public async Task A_signature_that_was_to_be_told_with_the_next_is_told_where_the_next_hangs()
    {
        var (provider, key) = await ProviderWithKeyAsync(static options => options.MaxSessions = 1, _clock);
        var (held, hanging) = await HoldASignatureAsync(provider, key);
        _clock.Advance(TimeSpan.FromMilliseconds(200)); // the watch looks
        Assert.Equal(64, (await held).Length);
        Module.Release(Function.SignInit);
        Assert.Equal(64, (await hanging).Length);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_signature_that_was_to_be_told_with_the_next_is_told_when_the_provider_is_disposed_of()
    {
        var (provider, key) = await ProviderWithKeyAsync(static options => (options.MaxSessions, options.CallTimeout) = (1, TimeSpan.FromMilliseconds(200)), _clock);
        var (held, hanging) = await HoldASignatureAsync(provider, key);
        var disposing = provider.DisposeAsync().AsTask();
        Assert.Equal(64, (await held).Length);
        Module.Release(Function.SignInit);
        Assert.Equal(64, (await hanging).Length);
        await disposing;
    }

    /// <summary>One thread, two calls, no time passes: the first is signed when the second hangs.</summary>
    private async Task<(Task<byte[]> Held, Task<byte[]> Hanging)> HoldASignatureAsync(Pkcs11KeyProvider provider, ProviderKey key)
    {
        Module.Freeze(Function.Sign);
        var held = provider.SignEs256Async(key, Cancellation);
        Module.WaitUntilFrozen(Function.Sign, 1);
        var hanging = provider.SignEs256Async(key, Cancellation);
        Module.Freeze(Function.SignInit);
        Module.Release(Function.Sign);
        Module.WaitUntilFrozen(Function.SignInit, 1);
        Assert.False(held.IsCompleted);
        return (held, hanging);
    }
}
