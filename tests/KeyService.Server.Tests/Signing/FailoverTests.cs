using System.Collections.Concurrent;
using System.Text;
using KeyService.Core;
using KeyService.Core.Signing;
using KeyService.Server.Signing;
using KeyService.Server.Tests.Guard;
using KeyService.Testing;

namespace KeyService.Server.Tests.Signing;

/// <summary>An algorithm that has two homes: the first healthy one signs.</summary>
public sealed class FailoverTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public async Task The_first_home_signs_while_it_is_healthy()
    {
        await using var homes = await TwoHomes.StartAsync(_clock);
        var before = homes.Second.Calls;
        for (var i = 0; i < 10; i++)
            Assert.Equal("first", (await homes.SignAsync()).Key.Key.Provider);
        Assert.Equal(before, homes.Second.Calls);
    }

    [Theory]
    [InlineData(KeyServiceError.ProviderUnavailable)]
    [InlineData(KeyServiceError.ProviderThrottled)]
    [InlineData(KeyServiceError.ProviderBusy)]
    [InlineData(KeyServiceError.ProviderRejected)]
    [InlineData(KeyServiceError.KeyNotFound)]
    [InlineData(KeyServiceError.AlgorithmNotSupported)]
    public async Task Whatever_the_first_home_fails_with_the_second_signs(KeyServiceError error)
    {
        await using var homes = await TwoHomes.StartAsync(_clock);
        homes.First.FailWith(error);
        for (var i = 0; i < 5; i++)
        {
            var signed = await homes.SignAsync();
            Assert.Equal("second", signed.Key.Key.Provider);
            Assert.Equal(SignatureVerdict.Valid, signed.Key.Guarded.Verifier!.VerifyMessage([1, 2, 3], signed.Signature));
        }
    }

    [Fact]
    public async Task A_JWT_names_the_key_of_the_home_that_signed_it()
    {
        await using var homes = await TwoHomes.StartAsync(_clock);
        homes.First.FailWith(KeyServiceError.ProviderUnavailable);
        var claims = Encoding.UTF8.GetBytes($$"""{"exp":{{_clock.GetUtcNow().ToUnixTimeSeconds() + 60}}}""");
        var signed = await homes.Signer.SignJwtAsync(TwoHomes.SetName, claims, JwsHeader.DefaultType, algorithm: null, kid: null, TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        var parts = signed.Jwt.Split('.');
        Assert.Contains(homes.KeyOf(homes.Second).Kid, Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(parts[0])), StringComparison.Ordinal);
        Assert.Equal(
            SignatureVerdict.Valid,
            signed.Key.Guarded.Verifier!.VerifyMessage(Encoding.UTF8.GetBytes($"{parts[0]}.{parts[1]}"), System.Buffers.Text.Base64Url.DecodeFromChars(parts[2])));
    }

    [Fact]
    public async Task A_slow_home_takes_half_of_the_callers_time_at_most_and_soon_none()
    {
        await using var homes = await TwoHomes.StartAsync(_clock);
        homes.First.Hang();
        var calls = Enumerable.Range(0, 3).Select(_ => homes.SignAsync(seconds: 2)).ToArray();
        _clock.Advance(TimeSpan.FromSeconds(0.99));
        Assert.DoesNotContain(calls, call => call.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(0.01));
        Assert.All(await Task.WhenAll(calls), signed => Assert.Equal("second", signed.Key.Key.Provider));
        var asked = homes.First.Calls;
        Assert.Equal("second", (await homes.SignAsync()).Key.Key.Provider); // at once: the clock stands
        Assert.Equal(asked, homes.First.Calls);
    }

    [Fact]
    public async Task Signing_returns_home_when_it_is_healthy_again()
    {
        await using var homes = await TwoHomes.StartAsync(_clock);
        homes.First.FailWith(KeyServiceError.ProviderUnavailable);
        for (var i = 0; i < 5; i++)
            await homes.SignAsync();
        homes.First.Recover();
        Assert.Equal("second", (await homes.SignAsync()).Key.Key.Provider);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("first", (await homes.SignAsync()).Key.Key.Provider);
        Assert.Equal("first", (await homes.SignAsync()).Key.Key.Provider);
    }

    [Fact]
    public async Task A_throttling_home_is_left_alone_for_as_long_as_it_asks()
    {
        await using var homes = await TwoHomes.StartAsync(_clock);
        homes.First.FailWith(KeyServiceError.ProviderThrottled, TimeSpan.FromSeconds(2));
        var before = homes.First.Calls;
        for (var i = 0; i < 10; i++)
            await homes.SignAsync();
        Assert.Equal(before + 1, homes.First.Calls);
        homes.First.Recover();
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("first", (await homes.SignAsync()).Key.Key.Provider);
    }

    [Fact]
    public async Task When_all_homes_are_away_the_caller_is_told_so_and_never_that_a_key_is_not_found()
    {
        await using var homes = await TwoHomes.StartAsync(_clock, Guards.OneTry);
        homes.First.FailWith(KeyServiceError.ProviderUnavailable);
        homes.Second.FailWith(KeyServiceError.KeyNotFound);
        for (var i = 0; i < 10; i++)
            Assert.Equal(KeyServiceError.ProviderUnavailable, (await Assert.ThrowsAsync<KeyServiceException>(() => homes.SignAsync())).Error);
    }

    [Fact]
    public async Task A_pinned_key_has_no_other_home()
    {
        await using var homes = await TwoHomes.StartAsync(_clock, Guards.OneTry);
        var kid = homes.KeyOf(homes.First).Kid;
        homes.First.FailWith(KeyServiceError.ProviderUnavailable);
        var before = homes.Second.Calls;
        await Assert.ThrowsAsync<KeyServiceException>(() => homes.SignAsync(kid: kid));
        Assert.Equal(before, homes.Second.Calls);
    }

    [Fact]
    public async Task A_callers_own_mistake_is_told_at_once()
    {
        await using var homes = await TwoHomes.StartAsync(_clock);
        var before = (homes.First.Calls, homes.Second.Calls);
        var failure = await Assert.ThrowsAsync<KeyServiceException>(async () =>
            await homes.Signer.SignAsync(TwoHomes.SetName, new SignerInput(new byte[5], IsDigest: true), algorithm: null, kid: null, TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken));
        Assert.Equal((KeyServiceError.InvalidArgument, "digest"), (failure.Error, failure.Field));
        Assert.Equal(before, (homes.First.Calls, homes.Second.Calls));
    }

    [Fact]
    public async Task An_input_too_long_for_the_first_home_goes_to_the_one_that_takes_it()
    {
        await using var homes = await TwoHomes.StartAsync(_clock);
        homes.First.Largest = 16;
        Assert.Equal("second", (await homes.SignAsync()).Key.Key.Provider);
        homes.Second.Largest = 16;
        var failure = await Assert.ThrowsAsync<KeyServiceException>(() => homes.SignAsync());
        Assert.Equal((KeyServiceError.InvalidArgument, "message"), (failure.Error, failure.Field));
        homes.First.Largest = 32;
        homes.First.FailWith(KeyServiceError.ProviderThrottled);
        Assert.Equal(KeyServiceError.ProviderThrottled, (await Assert.ThrowsAsync<KeyServiceException>(() => homes.SignAsync())).Error);
    }

    [Fact]
    public async Task No_call_fails_while_the_first_home_is_killed_slow_throttled_bent_and_brought_back()
    {
        var time = TimeProvider.System;
        await using var homes = await TwoHomes.StartAsync(time);
        using var stop = new CancellationTokenSource();
        var signed = new ConcurrentQueue<string>();
        var load = Task.Run(() => SignSteadilyAsync(homes, perSecond: 200, signed, stop.Token), CancellationToken.None);
        foreach (var fault in new Action[]
        {
            homes.First.Recover,
            () => homes.First.FailWith(KeyServiceError.ProviderUnavailable),
            homes.First.Hang,
            () => homes.First.FailWith(KeyServiceError.ProviderThrottled),
            () =>
            {
                homes.First.Recover();
                homes.First.Alter = static signature => new byte[signature.Length];
            },
        })
        {
            fault();
            await Task.Delay(TimeSpan.FromSeconds(0.8), TestContext.Current.CancellationToken);
        }

        homes.First.Alter = static signature => signature;
        await Eventually.HoldsAsync(() => load.IsCompleted || signed.LastOrDefault() == "first", "signing returns home");
        await stop.CancelAsync();
        await load;
        Assert.True(signed.Count > 300, $"Only {signed.Count} calls were made.");
        Assert.Contains("first", signed);
        Assert.Contains("second", signed);
    }

    /// <summary>Any failure, late answer or bad signature flies.</summary>
    private static async Task SignSteadilyAsync(TwoHomes homes, int perSecond, ConcurrentQueue<string> signedBy, CancellationToken stop)
    {
        var calls = new List<Task>();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / perSecond));
        while (!stop.IsCancellationRequested)
        {
            await timer.WaitForNextTickAsync(CancellationToken.None);
            calls.Add(Task.Run(SignOnceAsync, CancellationToken.None));
        }

        await Task.WhenAll(calls);

        async Task SignOnceAsync()
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            var signed = await homes.SignAsync([7, 7], seconds: 2, caller: deadline.Token);
            Assert.Equal(SignatureVerdict.Valid, signed.Key.Guarded.Verifier!.VerifyMessage([7, 7], signed.Signature));
            signedBy.Enqueue(signed.Key.Key.Provider);
        }
    }
}
