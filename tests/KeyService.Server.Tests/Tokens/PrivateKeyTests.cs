using KeyService.Protos.V1;
using KeyService.Testing;

namespace KeyService.Server.Tests.Tokens;

/// <summary>What an independent PKCS#11 tool finds in the token after keys were made through the API.</summary>
public sealed class PrivateKeyTests(SoftHsmTokens tokens)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("RS256")]
    [InlineData("ES384")]
    [InlineData("Ed25519")]
    public async Task Cannot_be_read_out_of_the_token(string algorithm)
    {
        await using var server = await TestServer.StartAsync(tokens);
        var name = $"private-{Guid.NewGuid():n}"; // the token is shared: its objects are told apart by their labels
        await server.Grpc.CreateAsync(new CreateKeySetRequest { KeySet = name, Spec = new KeySetSpec { Signers = { new Signer { Algorithm = algorithm } } } });
        await server.Grpc.RotateAsync(new RotateRequest { KeySet = name });

        var keys = (await ListAsync(Login)).Where(key => key.Contains(name, StringComparison.Ordinal)).ToArray();
        Assert.Equal(2, keys.Length);
        foreach (var key in keys)
        {
            Assert.Equal("sensitive, always sensitive, never extractable, local", Line(key, "Access:"));
            Assert.Equal("sign", Line(key, "Usage:"));
            var read = await ProcessRun.RunAsync(
                "/usr/bin/python3",
                [Repository.PathOf("tests", "peers", "python", "private_key.py"), tokens.SoftHsm.Module, tokens.Token.Label, tokens.Token.PinFile, Line(key, "ID:")],
                Limit,
                environment: tokens.SoftHsm.Environment,
                cancellationToken: TestContext.Current.CancellationToken);
            Assert.True(read.ExitCode == 0, read.ToString());
            Assert.Equal(["ok private_value_is_sensitive", "ok public_part_is_readable", "ok extractable_cannot_be_set"], read.Lines);
        }
    }

    [Fact]
    public async Task Cannot_be_seen_without_the_PIN()
    {
        await using var server = await TestServer.StartAsync(tokens);
        Assert.NotEmpty(await ListAsync(Login));
        Assert.Empty(await ListAsync([]));
    }

    private string[] Login => ["--login", "--pin", tokens.Token.Pin];

    /// <summary>What the tool tells of each private key, from its kind to the next one's.</summary>
    private async Task<string[]> ListAsync(string[] login)
    {
        var run = await RunAsync([.. login, "--list-objects", "--type", "privkey"]);
        Assert.True(run.ExitCode == 0, run.ToString());
        return [.. run.Output.Split("Private Key Object").Skip(1)];
    }

    private static string Line(string key, string name) =>
        key.Split('\n').Single(line => line.TrimStart().StartsWith(name, StringComparison.Ordinal)).Split(':')[1].Trim();

    private Task<ProcessResult> RunAsync(string[] arguments) => ProcessRun.RunAsync(
        "pkcs11-tool",
        ["--module", tokens.SoftHsm.Module, "--token-label", tokens.Token.Label, .. arguments],
        Limit,
        environment: tokens.SoftHsm.Environment,
        cancellationToken: TestContext.Current.CancellationToken);
}
