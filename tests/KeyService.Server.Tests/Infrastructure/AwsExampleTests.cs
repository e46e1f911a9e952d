using System.Text.Json;
using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;
using Amazon.Runtime;
using KeyService.Core;
using KeyService.Protos.V1;
using KeyService.Providers.Aws;
using KeyService.Server.Tests.Interop;
using KeyService.Server.Tests.Rotation;
using KeyService.Testing;
using KeyService.Testing.Aws;
using Microsoft.Extensions.Logging.Abstractions;
using KeySpec = KeyService.Core.Providers.KeySpec;
using SigningAlgorithm = KeyService.Core.Signing.SigningAlgorithm;

namespace KeyService.Server.Tests.Infrastructure;

/// <summary>
/// The real terraform and AWS provider, the real server, and moto as the account. moto checks the signature of every
/// request, who may assume the role, and which actions it has; resources and conditions of the policy it does not
/// evaluate. Those the module's own tests read.
/// </summary>
public sealed class AwsExampleTests(AppliedExample example) : IClassFixture<AppliedExample>
{
    private const string Account = "123456789012"; // moto's
    private const string AnyResource = "any-resource";
    private const string Issuer = "https://issuer.example";
    private const string KeySet = "default";
    private const string Probe = "probe"; // the role of the other test
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private static readonly JsonSerializerOptions CaseJson = new(JsonSerializerDefaults.Web);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task The_service_signs_and_rotates_under_the_role_without_drift_and_nothing_is_left_in_the_end()
    {
        TerraformRuns.SkipWithoutProgram();
        if (example.Unready is { } unready)
            Assert.Skip(unready);
        await example.Iam.EnforceAsync(false, Cancelled); // the tests share an account
        var role = example.RoleArn.Split('/')[^1];
        await example.Iam.PutRolePolicyAsync(role, AnyResource, Policies.Allowing(example.Rights), Cancelled);
        await example.Iam.EnforceAsync(true, Cancelled);
        using (var server = await StartAsync())
        {
            var (firstKid, first) = await SignAsync(server);
            await server.Grpc.RotateAsync(new RotateRequest { KeySet = KeySet, Emergency = true, Reason = "test" }); // the new key signs at once
            var (secondKid, second) = await SignAsync(server);
            Assert.NotEqual(firstKid, secondKid);
            await VerifyAsync(server, first, second);

            await example.Iam.EnforceAsync(false, Cancelled);
            await example.RunAsync("plan", "-detailed-exitcode"); // 2 where anything is to be changed
            Assert.Equal(["Enabled", "Enabled"], await KeyStatesAsync());

            await example.Iam.EnforceAsync(true, Cancelled);
            await server.Grpc.DeleteAsync(new DeleteKeySetRequest { KeySet = KeySet });
            foreach (var kid in new[] { firstKid, secondKid })
                await server.Grpc.RevokeAsync(new RevokeKeyRequest { KeySet = KeySet, Kid = kid, Reason = "test" }); // its tokens need not be waited for
            await Eventually.HoldsAsync(
                async () => (await KeyStatesAsync()).SequenceEqual(["PendingDeletion", "PendingDeletion"]), "the service destroys its keys");
        }

        await example.Iam.EnforceAsync(false, Cancelled);
        await example.Iam.RemoveRolePolicyAsync(role, AnyResource, Cancelled);
        await example.RunAsync("destroy", "-auto-approve");
        Assert.Empty((await example.Iam.NamesAsync(Cancelled)).Except([Probe]));
        Assert.Empty((await example.RunAsync("state", "list")).Trim());
        Assert.Equal(["PendingDeletion", "PendingDeletion"], await KeyStatesAsync());
    }

    /// <summary>kms:TagResource is the exception: KMS asks for it with a creation, moto does not.</summary>
    [Fact(Timeout = 300_000)]
    public async Task The_policys_rights_are_enough_and_none_is_too_many()
    {
        TerraformRuns.SkipWithoutProgram();
        if (example.Unready is { } unready)
            Assert.Skip(unready);
        await example.Iam.EnforceAsync(false, Cancelled); // the tests share an account
        await example.Iam.AddRoleAsync(Probe, Policies.Trusting($"arn:aws:iam::{Account}:user/{AppliedExample.Workload}"), Cancelled);
        await LiveWithAsync(Probe, example.Rights);
        var needless = new List<string>();
        foreach (var right in example.Rights)
        {
            var failure = await Record.ExceptionAsync(() => LiveWithAsync(Probe, example.Rights.Except([right])));
            if (failure is null)
                needless.Add(right);
            else
                Assert.Equal((right, KeyServiceError.ProviderRejected), (right, Assert.IsType<KeyServiceException>(failure).Error));
        }

        Assert.Equal(["kms:TagResource"], needless);
    }

    /// <summary>All that the service does with a key, under a role with these rights.</summary>
    private async Task LiveWithAsync(string role, IEnumerable<string> rights)
    {
        await example.Iam.EnforceAsync(false, Cancelled);
        await example.Iam.PutRolePolicyAsync(role, AnyResource, Policies.Allowing(rights), Cancelled);
        await example.Iam.EnforceAsync(true, Cancelled);
        var options = new AwsKmsOptions
        {
            Region = AwsKmsServer.Region,
            Endpoint = example.Moto.Endpoint.OriginalString,
            StsEndpoint = example.Moto.Endpoint.OriginalString,
            RoleArn = $"arn:aws:iam::{Account}:role/{role}",
            MessageType = AwsKmsMessageType.Raw,
            RequestTimeout = Limit,
        };
        var credentials = new BasicAWSCredentials(example.WorkloadKey.Id, example.WorkloadKey.Secret);
        await using var provider = new AwsKmsKeyProvider("aws", options, credentials, NullLogger<AwsKmsKeyProvider>.Instance, TimeProvider.System);
        var label = $"keyservice/probe/{Guid.NewGuid():n}";
        var key = await provider.CreateKeyAsync(label, new KeySpec(SigningAlgorithm.ES256, ModulusBits: 0), Cancelled);
        await provider.CheckAsync(Cancelled);
        Assert.Single(await provider.FindKeysAsync(label, Cancelled));
        await provider.SignMessageAsync(key.Handle, SigningAlgorithm.ES256, new byte[1], Cancelled);
        await provider.DisableKeyAsync(key.Handle, Cancelled);
        await provider.DestroyKeyAsync(key.Handle, Cancelled);
    }

    /// <summary>The settings as terraform gave them; ports, and what moto needs, from the environment.</summary>
    private async Task<ServerProcess> StartAsync()
    {
        var server = ServerProcess.PrepareOn(example.Settings);
        server.Variables["AWS_ACCESS_KEY_ID"] = example.WorkloadKey.Id;
        server.Variables["AWS_SECRET_ACCESS_KEY"] = example.WorkloadKey.Secret;
        server.Variables["KeyService__Providers__aws__MessageType"] = nameof(AwsKmsMessageType.Raw);
        server.Variables["KeyService__Providers__aws__Timeout"] = "30s"; // the machine is busy with other tests
        server.Variables["KeyService__Providers__aws__RequestTimeout"] = "30s";
        try
        {
            await server.StartAsync(Cancelled);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    private static async Task<(string Kid, string Jwt)> SignAsync(ServerProcess server)
    {
        var claims = $$"""{"iss":"{{Issuer}}","sub":"ES256","exp":{{TimeProvider.System.GetUtcNow().AddMinutes(30).ToUnixTimeSeconds()}}}""";
        var answer = await server.Grpc.SignJwtAsync(new SignJwtRequest { KeySet = KeySet, ClaimsJson = claims });
        return (answer.Kid, answer.Jwt);
    }

    /// <summary>jose in node, which fetches the keys: both tokens are good, a changed one is not.</summary>
    private static async Task VerifyAsync(ServerProcess server, string first, string second)
    {
        using var folder = new TemporaryDirectory();
        var forged = first[..first.LastIndexOf('.')] + second[second.LastIndexOf('.')..];
        VerificationCase[] cases = [Case("first", first, genuine: true), Case("second", second, genuine: true), Case("forged", forged, genuine: false)];
        await File.WriteAllTextAsync(folder["cases.json"], JsonSerializer.Serialize(cases, CaseJson), Cancelled);
        var run = await ProcessRun.RunAsync("node", [Repository.PathOf("tests", "peers", "node", "verify.mjs"), folder["cases.json"]], Limit, cancellationToken: Cancelled);
        Assert.True(run.ExitCode == 0, run.Output);
        Assert.Equal(["ok first", "ok second", "ok forged"], run.Lines);

        VerificationCase Case(string name, string token, bool genuine) => new()
        {
            Name = name,
            Url = new Uri(server.Http.BaseAddress!, "/.well-known/jwks.json"), // every server has one
            Token = token,
            Alg = "ES256",
            Issuer = Issuer,
            Genuine = genuine,
        };
    }

    /// <summary>Of every key of the account with the example's tag.</summary>
    private async Task<string[]> KeyStatesAsync()
    {
        var config = new AmazonKeyManagementServiceConfig { ServiceURL = example.Moto.Endpoint.OriginalString, AuthenticationRegion = AwsKmsServer.Region };
        using var kms = new AmazonKeyManagementServiceClient(new BasicAWSCredentials(example.AuditorKey.Id, example.AuditorKey.Secret), config);
        var states = new List<string>();
        foreach (var key in (await kms.ListKeysAsync(new ListKeysRequest(), Cancelled)).Keys ?? [])
        {
            var tags = (await kms.ListResourceTagsAsync(new ListResourceTagsRequest { KeyId = key.KeyId }, Cancelled)).Tags ?? [];
            if (tags.Exists(static tag => tag is { TagKey: "KeyServiceDeployment", TagValue: "keyservice" }))
                states.Add((await kms.DescribeKeyAsync(new DescribeKeyRequest { KeyId = key.KeyId }, Cancelled)).KeyMetadata.KeyState.Value);
        }

        return [.. states];
    }
}
