using KeyService.Core;
using KeyService.Server.Guard;
using KeyService.Testing;

namespace KeyService.Server.Tests.Guard;

public sealed class RetryTests
{
    private static readonly TimeSpan Plenty = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(KeyServiceError.ProviderUnavailable, true)]
    [InlineData(KeyServiceError.ProviderThrottled, true)]
    [InlineData(KeyServiceError.ProviderBusy, false)]
    [InlineData(KeyServiceError.ProviderRejected, false)]
    [InlineData(KeyServiceError.KeyNotFound, false)]
    [InlineData(KeyServiceError.InvalidArgument, false)]
    public void Only_what_may_pass_is_tried_again(KeyServiceError error, bool again) =>
        Assert.Equal(again, RetryRule.PauseAfter(new KeyServiceException(error, "no"), 1, 2, Plenty, 0.5) is not null);

    [Fact]
    public void A_failure_that_is_final_is_not_tried_again_whatever_its_error() =>
        Assert.Null(RetryRule.PauseAfter(new KeyServiceException(KeyServiceError.ProviderUnavailable, "no") { IsTransient = false }, 1, 2, Plenty, 0.5));

    [Fact]
    public void Pauses_grow_and_scatter_and_end_with_the_last_retry()
    {
        var failure = new KeyServiceException(KeyServiceError.ProviderUnavailable, "no");
        var first = RetryRule.PauseAfter(failure, 1, 2, Plenty, 0.2);
        Assert.True(first < RetryRule.PauseAfter(failure, 1, 2, Plenty, 0.9));
        Assert.True(first < RetryRule.PauseAfter(failure, 2, 2, Plenty, 0.2));
        Assert.Null(RetryRule.PauseAfter(failure, 3, 2, Plenty, 0.2));
    }

    [Theory]
    [InlineData(500, 1000, true)]
    [InlineData(990, 1000, false)]
    [InlineData(2000, 1000, false)]
    public void What_a_provider_asks_for_is_kept_to_if_the_time_allows(int askedMs, int leftMs, bool again)
    {
        var failure = new KeyServiceException(KeyServiceError.ProviderThrottled, "no") { RetryAfter = TimeSpan.FromMilliseconds(askedMs) };
        var pause = RetryRule.PauseAfter(failure, 1, 2, TimeSpan.FromMilliseconds(leftMs), 0.5);
        Assert.Equal(again, pause is not null);
        Assert.True(pause is null || pause >= failure.RetryAfter);
    }

    [Fact]
    public void Retries_are_a_tenth_of_the_calls_and_a_few_a_second_besides()
    {
        var clock = new ManualClock();
        var budget = new RetryBudget(clock);
        Assert.Equal(5, TakeAll(budget));
        for (var i = 0; i < 200; i++)
            budget.Count();
        Assert.Equal(20, TakeAll(budget));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(5, TakeAll(budget));
        for (var i = 0; i < 100_000; i++)
            budget.Count();
        Assert.Equal(100, TakeAll(budget)); // what a quiet day saved up must not be spent in one outage
    }

    private static int TakeAll(RetryBudget budget)
    {
        var taken = 0;
        while (budget.TryTake())
            taken++;
        return taken;
    }
}
