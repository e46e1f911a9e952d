using KeyService.Core;
using KeyService.Server.Health;
using KeyService.Server.Tests.Guard;
using KeyService.Testing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace KeyService.Server.Tests.Health;

public sealed class ProviderHealthTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public async Task A_replica_stays_ready_while_one_of_two_homes_is_away_and_says_which()
    {
        await using var homes = await TwoHomes.StartAsync(_clock, Guards.OneTry);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(homes)).Status);
        homes.First.FailWith(KeyServiceError.ProviderUnavailable);
        var result = await CheckAsync(homes);
        Assert.Equal(HealthStatus.Degraded, result.Status);
        Assert.StartsWith("first: ", result.Description, StringComparison.Ordinal);
        Assert.DoesNotContain("second", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_not_ready_once_an_algorithm_has_no_home_left()
    {
        await using var homes = await TwoHomes.StartAsync(_clock, Guards.OneTry);
        homes.First.FailWith(KeyServiceError.ProviderUnavailable);
        homes.Second.FailWith(KeyServiceError.ProviderRejected);
        var result = await CheckAsync(homes);
        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.EndsWith("nothing signs ES256 of orders", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_home_whose_breaker_is_open_counts_as_away_and_is_not_asked()
    {
        await using var homes = await TwoHomes.StartAsync(_clock, Guards.OneTry);
        homes.First.FailWith(KeyServiceError.ProviderUnavailable);
        for (var i = 0; i < 5; i++)
            await homes.SignAsync();
        var asked = 0;
        homes.First.Script = (_, _) =>
        {
            asked++;
            return ValueTask.CompletedTask;
        };
        Assert.Equal(HealthStatus.Degraded, (await CheckAsync(homes)).Status);
        Assert.Equal(0, asked);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(homes)).Status);
        Assert.Equal(1, asked);
    }

    private Task<HealthCheckResult> CheckAsync(TwoHomes homes) =>
        new ProviderHealthCheck(homes.Providers, homes.Catalog, _clock).CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken);
}
