using KeyService.Testing;
using KeyService.Testing.Azure;

namespace KeyService.Providers.Tests.Azure;

/// <summary>The protocol server itself, checked by the client that Microsoft maintains for JavaScript.</summary>
public sealed class OfficialClientTests
{
    private static readonly string[] Checks =
        ["create_and_sign", "wrong_algorithm_and_digest", "versions_and_tags", "paging", "disable_and_dates", "delete_recover_purge", "hardware"];

    [Fact]
    public async Task The_protocol_server_is_a_key_vault_to_the_official_client()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var server = await KeyVaultServer.StartAsync(cancellationToken: cancellation);
        var run = await ProcessRun.RunAsync(
            "node",
            [Repository.PathOf("tests", "peers", "node", "keyvault.mjs"), server.Url.AbsoluteUri, server.Issuer.Issue("https://vault.azure.net")],
            TimeSpan.FromMinutes(1),
            environment: new Dictionary<string, string> { ["NODE_EXTRA_CA_CERTS"] = server.CertificateFile },
            cancellationToken: cancellation);

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Contains(server.Requests, static request => request.Path.Contains("/verify?", StringComparison.Ordinal)); // it did not verify on its own
        Assert.Equal(Checks.Select(static check => $"ok {check}"), run.Lines.Where(static line => line.StartsWith("ok ", StringComparison.Ordinal)));
    }
}
