using KeyService.Core;
using KeyService.Server.Health;
using KeyService.Server.Tests.Guard;
using KeyService.Testing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace KeyService.Server.Tests.Health;

public sealed class SigningKeyHealthTests
{
    private readonly ManualClock _clock = new();

    [Theory]
    [InlineData(KeyServiceError.KeyNotFound)]
    [InlineData(KeyServiceError.ProviderRejected)]
    public async Task A_key_that_its_provider_lacks_or_refuses_is_named_until_it_signs_again(KeyServiceError error)
    {
        await using var homes = await TwoHomes.StartAsync(_clock, Guards.OneTry);
        homes.First.FailWith(error);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(homes)).Status); // nobody has asked for a signature yet
        await homes.SignAsync();
        var result = await CheckAsync(homes);
        Assert.Equal(HealthStatus.Degraded, result.Status);
        Assert.EndsWith($": {homes.KeyOf(homes.First).Kid} of orders in first", result.Description, StringComparison.Ordinal);

        homes.First.Recover();
        await homes.SignAsync();
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(homes)).Status);
    }

    [Fact]
    public async Task A_provider_that_is_away_says_nothing_of_its_keys()
    {
        await using var homes = await TwoHomes.StartAsync(_clock, Guards.OneTry);
        homes.First.FailWith(KeyServiceError.ProviderUnavailable);
        await homes.SignAsync();
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(homes)).Status);
    }

    private Task<HealthCheckResult> CheckAsync(TwoHomes homes) =>
        new SigningKeyHealthCheck(homes.Catalog, _clock).CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken);
}
