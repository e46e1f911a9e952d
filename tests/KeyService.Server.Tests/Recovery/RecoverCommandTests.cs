using System.Text.Json;
using Google.Protobuf;
using KeyService.Core.Audit;
using KeyService.Protos.V1;
using KeyService.Server.Tests.SeveralHomes;
using KeyService.Testing;
using KeyService.Testing.Azure;

namespace KeyService.Server.Tests.Recovery;

/// <summary>What <c>keyservice recover</c> records, assumes and takes from a vault. The store that the keys were made with is not there any more.</summary>
public sealed class RecoverCommandTests(SoftHsmTokens tokens) : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_audit_log_tells_each_key_that_came_back_and_as_what_and_nothing_of_a_plan()
    {
        const string name = "told";
        var (_, lost) = await MakeAsync(name, [], ("Algorithm", "ES256"), ("Provider", "softhsm"));
        await DescribeAsync([("Audit:Path", _folder["audit"]), ($"KeySets:{name}:Signers:0:Algorithm", "ES256"), ($"KeySets:{name}:Signers:0:Provider", "softhsm")]);
        await RecoverAsync("planned", name);
        Assert.False(Directory.Exists(_folder["audit"]));
        await RecoverAsync("recovered", name, "--apply", "--revoked", lost[0]);

        var lines = AuditFormat.InOrder(Directory.EnumerateFiles(_folder["audit"])).SelectMany(File.ReadLines).Select(line => JsonElement.Parse(line)).Where(line => Text(line, "method") == "Recover").ToArray();
        Assert.Equal(["begin revoked", "begin signs", "end revoked OK", "end signs OK"], lines.Select(line => $"{Text(line, "event")} {Text(line, "reason")} {Text(line, "outcome")}".TrimEnd()));
        Assert.Equal([.. lost, .. lost], lines.Select(line => Text(line, "kid")));
        Assert.All(lines, line =>
        {
            Assert.Equal((name, "ES256", "softhsm", true), (Text(line, "key_set"), Text(line, "alg"), Text(line, "provider"), line.GetProperty("override").GetBoolean()));
            Assert.StartsWith($"keyservice/{name}/", Text(line, "label"), StringComparison.Ordinal);
            Assert.NotEmpty(Text(line, "handle")!); // null would not be there
        });
        Assert.Equal((0, "WHOLE"), await Keyservice.VerifyAsync(_folder["audit"]));
    }

    [Fact]
    public async Task A_key_set_that_nobody_describes_comes_back_by_the_defaults_where_the_operator_says_so()
    {
        const string name = "undescribed";
        var (jwks, lost) = await MakeAsync(name, [], ("Algorithm", "PS256"), ("Provider", "softhsm"));
        await DescribeAsync([]);
        var (code, output) = await Keyservice.RunAsync("recover", "--config", _folder["keyservice.json"], "--key-set", name);
        Assert.Equal(1, code);
        Assert.Contains("--assume-defaults", output, StringComparison.Ordinal);

        var guessed = await RecoverAsync("planned", name, "--assume-defaults");
        Assert.Contains("RS256 in softhsm; propagation 1h, longest token life 1h", Text(guessed, "basis"), StringComparison.Ordinal); // an RSA key does not tell more
        await File.WriteAllTextAsync(_folder["jwks"], jwks, Cancelled);
        string[] told = ["--assume-defaults", "--jwks", $"{name}={_folder["jwks"]}"];
        Assert.Contains("PS256 in softhsm; propagation 1h, longest token life 1h", Text(await RecoverAsync("planned", name, told), "basis"), StringComparison.Ordinal);
        await RecoverAsync("recovered", name, [.. told, "--apply", "--none-revoked"]);
        await SignsAgainAsync(name, [], jwks, lost[0], "PS256");
    }

    [Fact]
    public async Task Keys_of_a_vault_come_back_as_they_were()
    {
        const string name = "vaulted";
        await using var vault = await KeyVaultServer.StartAsync(cancellationToken: Cancelled);
        var settings = CloudSettings.Of(vault);
        var (jwks, lost) = await MakeAsync(name, settings, ("Algorithm", "ES256"), ("Provider", "vault"));
        await DescribeAsync([.. settings, ($"KeySets:{name}:Signers:0:Algorithm", "ES256"), ($"KeySets:{name}:Signers:0:Provider", "vault")]);
        await File.WriteAllTextAsync(_folder["jwks"], jwks, Cancelled);
        await RecoverAsync("recovered", name, "--jwks", $"{name}={_folder["jwks"]}", "--apply", "--none-revoked");
        await SignsAgainAsync(name, settings, jwks, lost[0], "ES256");
    }

    /// <summary>A server makes the set, replaces its first key at once, and is gone with its store.</summary>
    /// <returns>The JWKS as it served it last, and the kids in the order in which they were made.</returns>
    private async Task<(string Jwks, string[] Kids)> MakeAsync(string name, (string Key, string Value)[] settings, params (string Key, string Value)[] signer)
    {
        await using var server = await TestServer.StartAsync(tokens, time: null, [.. settings, .. signer.Select(part => ($"KeySets:{name}:Signers:0:{part.Key}", part.Value))]);
        var rotated = await server.Grpc.RotateAsync(new RotateRequest { KeySet = name, Emergency = true, Reason = "to have two" });
        return (await JwksAsync(server, name), [.. rotated.Keys.Select(key => key.Kid)]);
    }

    private async Task DescribeAsync((string Key, string Value)[] settings)
    {
        (string Key, string Value)[] all =
        [
            .. settings, ("Storage:Path", _folder["keyservice.db"]), ("Providers:softhsm:Type", "Pkcs11"), ("Providers:softhsm:Module", tokens.SoftHsm.Module),
            ("Providers:softhsm:TokenLabel", tokens.Token.Label), ("Providers:softhsm:PinFile", tokens.Token.PinFile),
        ];
        await File.WriteAllTextAsync(
            _folder["keyservice.json"], JsonSerializer.Serialize(all.ToDictionary(setting => $"KeyService:{setting.Key}", setting => setting.Value)), Cancelled);
    }

    private async Task<JsonElement> RecoverAsync(string outcome, string name, params string[] arguments)
    {
        var (code, output) = await Keyservice.RunAsync(["recover", "--config", _folder["keyservice.json"], "--json", "--key-set", name, .. arguments]);
        Assert.True(code == 0, output);
        var report = Assert.Single(JsonElement.Parse(output).EnumerateArray());
        Assert.Equal(outcome, Text(report, "outcome"));
        return report;
    }

    /// <summary>A server on the recovered store publishes what was published before, and signs: with the first key, since nobody knows any more that the second was an emergency's.</summary>
    private async Task SignsAgainAsync(string name, (string Key, string Value)[] settings, string jwks, string kid, string algorithm)
    {
        await using var server = await TestServer.StartAsync(tokens, time: null, [.. settings, ("Storage:Path", _folder["keyservice.db"])]);
        Assert.Equal(jwks, await JwksAsync(server, name));
        var signed = await server.Grpc.SignAsync(new SignRequest { KeySet = name, Message = ByteString.CopyFromUtf8("x") });
        Assert.Equal((kid, algorithm), (signed.Kid, signed.Algorithm));
    }

    private static Task<string> JwksAsync(TestServer server, string name) =>
        server.Http.GetStringAsync(new Uri($"/{name}/.well-known/jwks.json", UriKind.Relative), Cancelled);

    private static string? Text(JsonElement line, string member) => line.TryGetProperty(member, out var value) ? value.GetString() : null;
}
