using Grpc.Core;
using KeyService.Protos.V1;
using KeyService.Server.Tests.SeveralHomes;
using KeyService.Testing.Aws;

namespace KeyService.Server.Tests.Aws;

/// <summary>The tags of a new key take up to five minutes until they count for the policies that go by them.</summary>
public sealed class NewKeyTests(SoftHsmTokens tokens)
{
    [Fact(Timeout = 60_000)]
    public async Task A_new_key_that_may_not_sign_yet_is_finished_by_the_worker_and_no_second_one_is_made()
    {
        await using var kms = await AwsKmsServer.StartAsync(TestContext.Current.CancellationToken);
        AwsKmsServer.UseInThisProcess();
        await using var server = await TestServer.StartAsync(
            tokens, time: null,
            [.. CloudSettings.Of(kms), ("KeySets:young:Signers:0:Algorithm", "ES256"), ("KeySets:young:Signers:0:Provider", "aws"), ("Storage:RefreshInterval", "100ms")]);
        kms.Faults.Next(AwsFault.Denied, times: 2, operation: "Sign");
        var refused = await Assert.ThrowsAsync<RpcException>(() => server.Grpc.RotateAsync(new RotateRequest { KeySet = "young" }));
        Assert.Contains("0 of 1 keys are made; what is left is made as soon as its provider can", refused.Status.Detail, StringComparison.Ordinal);
        await Eventually.HoldsAsync(
            async () => await server.Grpc.GetKeySetAsync("young") is { Keys.Count: 2, PendingKeys: 0 }, "the key is made");
        Assert.Equal(["Enabled", "Enabled"], kms.Keys.Select(key => key.State));
    }
}
