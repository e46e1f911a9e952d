using KeyService.Protos.V1;
using KeyService.Testing.Aws;
using KeyService.Testing.Azure;

namespace KeyService.Server.Tests.SeveralHomes;

/// <summary>One key set over AWS KMS, Azure Key Vault and SoftHSM, all of it rotated again and again under load, in real time.</summary>
[Collection(nameof(MeasuredAlone))]
public sealed class RotationEverywhereTests(SoftHsmTokens tokens, ITestOutputHelper output)
{
    private const int Rotations = 8;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task No_verification_fails_while_the_keys_of_three_providers_rotate_at_once()
    {
        AwsKmsServer.UseInThisProcess();
        await using var kms = await AwsKmsServer.StartAsync(Cancelled);
        await using var vault = await KeyVaultServer.StartAsync(cancellationToken: Cancelled);
        await using var server = await TestServer.StartAsync(
            tokens,
            settings:
            [
                .. CloudSettings.Of(kms),
                .. CloudSettings.Of(vault),
                ("KeySets:everywhere:Signers:0:Algorithm", "ES256"), ("KeySets:everywhere:Signers:0:Provider", "aws"),
                ("KeySets:everywhere:Signers:1:Algorithm", "ES384"), ("KeySets:everywhere:Signers:1:Provider", "vault"),
                ("KeySets:everywhere:Signers:2:Algorithm", "ES512"), ("KeySets:everywhere:Signers:2:Provider", "softhsm"),
                ("KeySets:everywhere:Propagation", "2s"),
                ("KeySets:everywhere:MaxTokenLifetime", "5s"),
                ("KeySets:everywhere:ClockSkew", "0s"),
                ("KeySets:everywhere:Retention", "1s"),
            ]);
        await using var load = SteadyLoad.Start(server, "everywhere", TimeSpan.FromSeconds(4));
        for (var rotation = 0; rotation < Rotations; rotation++)
        {
            var rotated = await server.Grpc.RotateAsync(new RotateRequest { KeySet = "everywhere" });
            var newest = rotated.Keys.OrderByDescending(static key => key.Created.ToDateTimeOffset()).Take(3).ToArray();
            Assert.Equal(["aws", "softhsm", "vault"], newest.Select(static key => key.Provider).Order(StringComparer.Ordinal));
            foreach (var key in newest)
                await load.UntilAsync($"{key.Provider} {rotation}", key.Kid, 20);
        }

        await load.EndAsync();
        output.WriteLine(load.ToString());
        Assert.Empty(load.Failures);
        Assert.Equal(3 * (Rotations + 1), load.Kids.Count);
        Assert.True(load.Verified > 200 * Rotations, load.ToString());
    }
}
