namespace KeyService.Server.Tests.Rotation;

public sealed class CompressedTimeTests(SoftHsmTokens tokens)
{
    private const int Rotations = 500;

    [Fact]
    public async Task No_token_fails_over_500_rotations()
    {
        await using var time = await CompressedTime.StartAsync(tokens, "steady");
        var obedient = new List<JwksVerifier>();
        for (var phase = 0; phase < 4; phase++) // their caches run out at different moments
        {
            obedient.Add(time.AddVerifier());
            await time.RunAsync(1);
        }

        // As ConfigurationManager of Microsoft.IdentityModel: half a day, and on an unknown kid again after 5 minutes.
        var lazy = time.AddVerifier(TimeSpan.FromHours(12), TimeSpan.FromMinutes(5));
        await time.RunAsync(Rotations - 4);

        Assert.Empty(time.Failures);
        Assert.True(time.Verifications > 10 * Rotations, $"only {time.Verifications} verifications");
        Assert.All(obedient, verifier => Assert.True(verifier.Fetches > Rotations / 10, $"only {verifier.Fetches} fetches"));
        Assert.Contains(obedient, verifier => verifier.NotModified > 0);
        Assert.True(lazy.Fetches > Rotations / 10, $"only {lazy.Fetches} fetches");

        Assert.Equal(Rotations + 1, time.Kids.Count);
        var held = await time.HeldAsync();
        Assert.Equal(time.Recorded.Keys.Where(key => key.Dates.Erased is null).Select(key => key.Label).Order(), held.Select(key => key.Label).Order());
        Assert.InRange(held.Count, 1, Rotations / 10); // the others were unpublished, destroyed and forgotten on the way
    }

    [Fact]
    public async Task A_cache_that_outlives_the_propagation_fails()
    {
        await using var time = await CompressedTime.StartAsync(tokens, "outlived");
        time.AddVerifier(keep: TimeSpan.FromMinutes(15));
        await time.RunAsync(20);
        Assert.Contains(time.Failures, failure => failure.Contains("is unknown to a JWKS", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_verifier_that_reads_another_sets_keys_fails_always()
    {
        await using var time = await CompressedTime.StartAsync(tokens, "mistaken");
        time.AddVerifier(keySet: "default");
        await time.RunAsync(1);
        Assert.Equal(time.Verifications, time.Failures.Count);
    }
}
