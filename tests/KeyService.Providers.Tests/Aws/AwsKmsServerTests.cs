using System.Security.Cryptography;
using KeyService.Testing;
using KeyService.Testing.Aws;

namespace KeyService.Providers.Tests.Aws;

/// <summary>The strict server under a client that nobody here wrote: AWS's own for JavaScript.</summary>
public sealed class AwsKmsServerTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private static readonly string[] Checks =
    [
        "digests_and_messages_are_signed", "ed25519_takes_messages_only", "ml_dsa_is_there_or_not_supported", "lengths_types_and_enums_are_checked",
        "keys_are_named_by_id_arn_and_alias", "aliases_are_unique_and_well_formed", "lists_come_in_pages", "tags_are_kept_and_checked", "states_are_kept",
        "multi_region_keys_have_their_ids", "requests_must_be_signed",
    ];

    [Fact]
    public async Task Aws_sdk_for_JavaScript_is_served()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var server = await AwsKmsServer.StartAsync(cancellation);
        server.LongestPage = 3;
        var user = server.Account.User;
        var run = await ProcessRun.RunAsync(
            "node",
            [Repository.PathOf("tests", "peers", "node", "kms.mjs"), server.Endpoint.OriginalString, AwsKmsServer.Region, user.Id, user.Secret, MLDsa.IsSupported ? "true" : "false"],
            Limit, cancellationToken: cancellation);
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal(Checks.Select(static check => $"ok {check}"), run.Lines.Where(static line => line.StartsWith("ok ", StringComparison.Ordinal)));
    }
}
