using KeyService.Testing.Aws;

namespace KeyService.Server.Tests.SeveralHomes;

/// <summary>
/// A key set at home on AWS KMS and on SoftHSM, 200 tokens a second, and a KMS to which everything happens. The KMS is the
/// protocol server, reached by the real SDK; the clock is the real one, and each phase lasts until it has shown what it must.
/// </summary>
[Collection(nameof(MeasuredAlone))]
public sealed class KmsFailoverTests(SoftHsmTokens tokens, ITestOutputHelper output)
{
    /// <summary>A name that no other test of this process has: metrics are the process's.</summary>
    private const string Kms = "kms-with-a-stand-in";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task No_call_and_no_verification_fails_while_the_kms_is_throttled_slow_dead_and_back()
    {
        AwsKmsServer.UseInThisProcess();
        await using var kms = await AwsKmsServer.StartAsync(Cancelled);
        await using var server = await TestServer.StartAsync(
            tokens,
            settings:
            [
                .. CloudSettings.Of(kms, Kms),
                ("KeySets:homes:Signers:0:Algorithm", "ES256"),
                ("KeySets:homes:Signers:0:Provider", Kms),
                ("KeySets:homes:Signers:1:Algorithm", "ES256"),
                ("KeySets:homes:Signers:1:Provider", "softhsm"),
            ]);
        using var breaker = new BreakerStates(Kms);
        await using var load = SteadyLoad.Start(server, "homes", TimeSpan.FromMinutes(5));
        var (aws, hsm) = (load.KidOf(Kms), load.KidOf("softhsm"));

        await load.UntilAsync("at home", aws, 400);
        Assert.Equal(0, load.SignedBy(hsm));

        kms.Faults.Always = AwsFault.Throttled;
        await load.UntilAsync("throttled", hsm, 400);
        Assert.Equal(BreakerStates.Closed, breaker.Read()); // it answers: a throttled backend is there
        kms.Faults.Clear();
        await load.UntilAsync("back from throttling", aws, 200);

        kms.Faults.Delay = TimeSpan.FromSeconds(30);
        await load.UntilAsync("slow", hsm, 400);
        Assert.NotEqual(BreakerStates.Closed, breaker.Read());
        kms.Faults.Clear();
        await load.UntilAsync("back from slowness", aws, 200);

        await kms.StopAsync();
        await load.UntilAsync("dead", hsm, 400);
        Assert.NotEqual(BreakerStates.Closed, breaker.Read());
        await kms.RestartAsync(Cancelled);
        await load.UntilAsync("back from the dead", aws, 400);
        Assert.Equal(BreakerStates.Closed, breaker.Read());

        await load.EndAsync();
        output.WriteLine(load.ToString());
        Assert.Empty(load.Failures);
        Assert.True(load.Verified > 2400, load.ToString());
    }
}
