using KeyService.Core.Providers;
using KeyService.Core.Signing;
using KeyService.Testing;
using KeyService.Testing.Aws;

namespace KeyService.Providers.Tests.Aws;

public sealed class AwsKmsInspectionTests(AwsKmsServerFixture aws) : IClassFixture<AwsKmsServerFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_operator_learns_where_the_keys_are_and_that_they_were_made_there()
    {
        await using var provider = aws.Provider();
        var key = await provider.CreateKeyAsync("inspected", new KeySpec(SigningAlgorithm.ES256, 0), Cancellation);
        var facts = await provider.InspectAsync(Cancellation);
        Assert.Equal((AwsKmsServer.Region, AwsAccount.Id), (facts.Backend["Region"], facts.Backend["account"]));
        Assert.Equal(
            [new KeyEvidence("Origin", "AWS_KMS", true), new KeyEvidence("KeyUsage", "SIGN_VERIFY", true), new KeyEvidence("MultiRegion", "false", null)],
            await provider.InspectKeyAsync(key.Handle, Cancellation));
    }

    [Fact]
    public async Task A_clock_that_is_off_is_told()
    {
        await using var right = aws.Provider();
        Assert.InRange((await right.InspectAsync(Cancellation)).ClockSkew!.Value, TimeSpan.FromSeconds(-5), TimeSpan.FromSeconds(5)); // the answer had a Date
        var ours = TimeProvider.System.GetUtcNow().AddHours(1);
        await using var fast = aws.Provider(time: new ManualClock(ours));
        Assert.InRange((await fast.InspectAsync(Cancellation)).ClockSkew!.Value, TimeSpan.FromMinutes(-61), TimeSpan.FromMinutes(-58)); // as before
    }
}
