using KeyService.Core;
using KeyService.Server.Guard;
using KeyService.Testing;
using Polly.CircuitBreaker;

namespace KeyService.Server.Tests.Guard;

public sealed class BreakerTests
{
    private static readonly KeyServiceException Gone = new(KeyServiceError.ProviderUnavailable, "no answer");
    private readonly ManualClock _clock = new();
    private readonly Breaker _breaker;

    public BreakerTests() => _breaker = new Breaker("kms", BreakerOptions.Signing, _clock);

    [Fact]
    public async Task A_backend_that_does_not_answer_again_and_again_is_left_alone()
    {
        await FailAsync(2);
        Assert.False(_breaker.TurnsAway);
        await FailAsync(1);
        Assert.True(_breaker.TurnsAway);
        var asked = false;
        var turnedAway = await Assert.ThrowsAsync<KeyServiceException>(() => RunAsync(() => asked = true));
        Assert.False(asked);
        Assert.Equal((KeyServiceError.ProviderUnavailable, TimeSpan.FromSeconds(1)), (turnedAway.Error, turnedAway.RetryAfter));
    }

    [Fact]
    public async Task One_failure_among_many_answers_changes_nothing()
    {
        for (var i = 0; i < 20; i++)
        {
            await ReportAsync(null);
            await ReportAsync(i % 3 == 0 ? Gone : null);
        }

        Assert.Equal(CircuitState.Closed, _breaker.State);
    }

    [Fact]
    public async Task A_backend_that_stops_under_load_is_noticed_within_about_a_second()
    {
        for (var ms = 0; ms < 5000; ms += 5, _clock.Advance(TimeSpan.FromMilliseconds(5)))
            await ReportAsync(null);
        var lasted = 0;
        for (; _breaker.State == CircuitState.Closed && lasted < 5000; lasted += 5, _clock.Advance(TimeSpan.FromMilliseconds(5)))
            await ReportAsync(Gone);
        Assert.InRange(lasted, 5, 2000);
    }

    [Fact]
    public async Task After_its_rest_one_call_finds_out_and_the_others_wait_for_what_it_finds()
    {
        await FailAsync(3);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(_breaker.TurnsAway);
        var answer = new TaskCompletionSource<int>();
        var probe = _breaker.RunAsync(_ => new ValueTask<int>(answer.Task), TestContext.Current.CancellationToken).AsTask();
        Assert.True(_breaker.TurnsAway);
        await Assert.ThrowsAsync<KeyServiceException>(() => RunAsync(() => Assert.Fail("asked")));
        answer.SetResult(7);
        Assert.Equal(7, await probe);
        Assert.Equal(CircuitState.Closed, _breaker.State);
    }

    [Fact]
    public async Task Rests_grow_while_the_backend_stays_away()
    {
        await FailAsync(3);
        var rests = new List<double>();
        for (var i = 0; i < 6; i++)
        {
            var rest = (await Assert.ThrowsAsync<KeyServiceException>(() => RunAsync(() => { }))).RetryAfter!.Value;
            rests.Add(rest.TotalSeconds);
            _clock.Advance(rest);
            await Assert.ThrowsAsync<KeyServiceException>(() => RunAsync(() => throw Gone));
        }

        Assert.Equal([1, 2, 4, 8, 10, 10], rests);
    }

    [Theory]
    [InlineData(KeyServiceError.ProviderThrottled)]
    [InlineData(KeyServiceError.KeyNotFound)]
    [InlineData(KeyServiceError.ProviderRejected)]
    public async Task A_refusal_is_an_answer(KeyServiceError error)
    {
        await FailAsync(3);
        _clock.Advance(TimeSpan.FromSeconds(1));
        var refused = await Assert.ThrowsAsync<KeyServiceException>(() => RunAsync(() => throw new KeyServiceException(error, "no")));
        Assert.Equal(error, refused.Error);
        Assert.Equal(CircuitState.Closed, _breaker.State);
    }

    [Fact]
    public async Task A_caller_that_leaves_before_the_answer_does_not_end_the_rest()
    {
        await FailAsync(3);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(() => throw new OperationCanceledException()));
        Assert.True(_breaker.TurnsAway);
        _clock.Advance(TimeSpan.FromSeconds(2));
        await RunAsync(() => { });
        Assert.Equal(CircuitState.Closed, _breaker.State);
    }

    [Fact]
    public async Task What_was_asked_before_a_rest_says_nothing_after_it()
    {
        Assert.True(_breaker.IsClosed(out var before));
        await FailAsync(3);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await RunAsync(() => { });
        for (var i = 0; i < 10; i++)
            await _breaker.ReportAsync(before, Gone);
        Assert.Equal(CircuitState.Closed, _breaker.State);
    }

    private async Task FailAsync(int times)
    {
        for (var i = 0; i < times; i++)
            await ReportAsync(Gone);
    }

    private async Task ReportAsync(KeyServiceException? failure)
    {
        Assert.True(_breaker.IsClosed(out var ticket));
        await _breaker.ReportAsync(ticket, failure);
    }

    private Task<int> RunAsync(Action call) => _breaker.RunAsync(
        _ =>
        {
            call();
            return ValueTask.FromResult(0);
        }, TestContext.Current.CancellationToken).AsTask();
}
