using System.Globalization;
using System.Text.Json;
using Amazon.Runtime;
using Grpc.Core;
using KeyService.Core.Keys;
using KeyService.Protos.V1;
using KeyService.Providers.Aws;
using KeyService.Server.Tests.Interop;
using KeyService.Server.Tests.Replicas;
using KeyService.Server.Tests.Rotation;
using KeyService.Testing;
using KeyService.Testing.Aws;
using Microsoft.Extensions.Logging.Abstractions;
using SigningAlgorithm = KeyService.Core.Signing.SigningAlgorithm;

namespace KeyService.Server.Tests.Recovery;

/// <summary>A server that has rotated for hours loses its store; <c>keyservice recover</c> and a new start, as an operator runs them, bring it back.</summary>
[Collection(nameof(SeveralHomes.MeasuredAlone))] // its clock leaps while other work would hold the server up
public sealed class LostStoreTests(SoftHsmTokens tokens) : IDisposable
{
    private const string KeySet = "lost";
    private const string Issuer = "https://issuer.example";
    private static readonly JsonSerializerOptions CaseJson = new(JsonSerializerDefaults.Web);
    private readonly TemporaryDirectory _folder = new();
    private readonly Dictionary<string, string> _environment = [];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 300_000)]
    public Task Keys_of_SoftHSM_come_back_as_they_were() => ComesBackAsync("softhsm");

    [Fact(Timeout = 300_000)]
    public async Task Keys_of_AWS_KMS_come_back_as_they_were_and_those_of_another_deployment_do_not()
    {
        using var moto = await MotoServer.StartAsync(Cancelled);
        AwsKmsServer.UseInThisProcess();
        var other = new AwsKmsOptions { Region = AwsKmsServer.Region, Endpoint = moto.Endpoint.OriginalString, KeyTags = new Dictionary<string, string> { ["Deployment"] = "other" } };
        await using var provider = new AwsKmsKeyProvider("aws", other, new BasicAWSCredentials("test", "test"), NullLogger<AwsKmsKeyProvider>.Instance, TimeProvider.System);
        var stranger = await provider.CreateKeyAsync(KeyIntent.LabelPrefix(KeySet) + KeyIntent.NewId(TimeProvider.System.GetUtcNow().AddHours(-3)), new(SigningAlgorithm.ES256, ModulusBits: 0), Cancelled);

        _environment["AWS_ACCESS_KEY_ID"] = _environment["AWS_SECRET_ACCESS_KEY"] = "test";
        var left = await ComesBackAsync(
            "aws", ("Providers:aws:Type", "AwsKms"), ("Providers:aws:Region", AwsKmsServer.Region), ("Providers:aws:Endpoint", moto.Endpoint.OriginalString),
            ("Providers:aws:MessageType", nameof(AwsKmsMessageType.Raw)), ("Providers:aws:KeyTags:Deployment", "this"), ("Providers:aws:Timeout", "30s"), ("Providers:aws:RequestTimeout", "30s"));
        Assert.Equal(stranger.Label, Assert.Single(left).GetProperty("label").GetString());
    }

    /// <returns>The keys that were left alone.</returns>
    private async Task<JsonElement[]> ComesBackAsync(string provider, params (string Key, string Value)[] settings)
    {
        settings = [.. settings, ($"KeySets:{KeySet}:Signers:0:Algorithm", "ES256"), ($"KeySets:{KeySet}:Signers:0:Provider", provider), ($"KeySets:{KeySet}:MaxTokenLifetime", "2h")];
        var (before, kid, jwts) = await LiveAsync(settings);
        await DescribeAsync(settings);

        var planned = await RecoverAsync();
        Assert.Equal(["verifies", "signs", "signs later"], RolesOf(planned));
        var refused = await Keyservice.StartAsync(["recover", "--apply"], _environment);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("--none-revoked", refused.Output, StringComparison.Ordinal);
        var recovered = await RecoverAsync("--apply", "--none-revoked");
        Assert.Equal(("planned", "recovered"), (planned.GetProperty("outcome").GetString(), recovered.GetProperty("outcome").GetString()));
        Assert.Equal(before.Tag, recovered.GetProperty("eTag").GetString());

        using var server = ServerProcess.PrepareOn(_folder["keyservice.json"]);
        foreach (var (name, value) in _environment)
            server.Variables.TryAdd(name, value); // the ports are its own
        await server.StartAsync(Cancelled);
        Assert.Equal(before, await ReadAsync(server.Http));
        var signed = await SignAsync(server.Grpc, TimeProvider.System.GetUtcNow());
        Assert.Equal(kid, signed.Kid);
        await VerifyAsync(server, [.. jwts, signed.Jwt]);

        Assert.Equal("unchanged", (await RecoverAsync("--apply", "--none-revoked")).GetProperty("outcome").GetString());
        var rotated = await server.Grpc.RotateAsync(new RotateRequest { KeySet = KeySet });
        Assert.Equal(4, rotated.Keys.Count);
        return [.. recovered.GetProperty("keys").EnumerateArray().Where(key => key.GetProperty("role").GetString() == "left alone")];
    }

    /// <summary>Four hours: one key whose tokens still live, one that signs, one that is published ahead.</summary>
    private async Task<(Published Jwks, string Kid, string[] Jwts)> LiveAsync((string Key, string Value)[] settings)
    {
        var clock = new ManualClock(TimeProvider.System.GetUtcNow().AddHours(-4).AddMinutes(-2));
        await using var server = await TestServer.StartAsync(tokens, clock, settings);
        clock.Advance(TimeSpan.FromHours(2));
        await RotateAsync(server, clock);
        clock.Advance(TimeSpan.FromMinutes(50));
        var first = await SignAsync(server.Grpc, clock.GetUtcNow());
        clock.Advance(TimeSpan.FromMinutes(40));
        await RotateAsync(server, clock);
        clock.Advance(TimeSpan.FromMinutes(30));
        var second = await SignAsync(server.Grpc, clock.GetUtcNow());
        Assert.NotEqual(first.Kid, second.Kid);
        return (await ReadAsync(server.Http), second.Kid, [first.Jwt, second.Jwt]); // the store goes with the server
    }

    /// <summary>
    /// A leap of the clock is the end of whatever the server asks its provider at that moment: then the provider is left alone for a while, and
    /// one call finds out whether it is back. So the clock leaps once more, and stands still until that call has come back.
    /// </summary>
    private static async Task RotateAsync(TestServer server, ManualClock clock)
    {
        if (await IsRotatedAsync(server))
            return;
        clock.Advance(TimeSpan.FromSeconds(11));
        await Eventually.HoldsAsync(() => IsRotatedAsync(server), "the provider is asked again");
    }

    private static async Task<bool> IsRotatedAsync(TestServer server)
    {
        try
        {
            await server.Grpc.RotateAsync(new RotateRequest { KeySet = KeySet });
            return true;
        }
        catch (RpcException failure) when (failure.StatusCode == StatusCode.Unavailable)
        {
            return false;
        }
    }

    /// <summary>The settings that the operator has left, as a file and variables; the store at their path is not there any more.</summary>
    private async Task DescribeAsync((string Key, string Value)[] settings)
    {
        await File.WriteAllTextAsync(_folder["keyservice.json"], "{}", Cancelled);
        (string Key, string Value)[] all =
        [
            .. settings, ("Storage:Path", _folder["keyservice.db"]), ("Providers:softhsm:Type", "Pkcs11"), ("Providers:softhsm:Module", tokens.SoftHsm.Module),
            ("Providers:softhsm:TokenLabel", tokens.Token.Label), ("Providers:softhsm:PinFile", tokens.Token.PinFile),
        ];
        foreach (var (key, value) in all)
            _environment["KeyService__" + key.Replace(":", "__", StringComparison.Ordinal)] = value;
        foreach (var (key, value) in tokens.SoftHsm.Environment)
            _environment[key] = value;
        _environment["KEYSERVICE_CONFIG"] = _folder["keyservice.json"];
        _environment["Logging__LogLevel__Default"] = "None"; // the run keeps both streams as one
    }

    private async Task<JsonElement> RecoverAsync(params string[] arguments)
    {
        var run = await Keyservice.StartAsync(["recover", "--json", "--key-set", KeySet, .. arguments], _environment);
        Assert.True(run.ExitCode == 0, run.Output);
        return Assert.Single(JsonElement.Parse(run.Output).EnumerateArray());
    }

    private static IEnumerable<string?> RolesOf(JsonElement report) =>
        report.GetProperty("keys").EnumerateArray().Select(key => key.GetProperty("role").GetString()).Where(role => role != "left alone");

    private static async Task<Published> ReadAsync(HttpClient http)
    {
        using var answer = await http.GetAsync(new Uri($"/{KeySet}/.well-known/jwks.json", UriKind.Relative), Cancelled);
        return new Published(await answer.Content.ReadAsStringAsync(Cancelled), answer.Headers.ETag?.Tag);
    }

    private static async Task<(string Kid, string Jwt)> SignAsync(Client.GrpcApi grpc, DateTimeOffset now)
    {
        var expiry = now.AddMinutes(110).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var answer = await grpc.SignJwtAsync(new SignJwtRequest { KeySet = KeySet, ClaimsJson = $$"""{"iss":"{{Issuer}}","sub":"ES256","exp":{{expiry}}}""" });
        return (answer.Kid, answer.Jwt);
    }

    /// <summary>jose in node, which fetches the keys.</summary>
    private async Task VerifyAsync(ServerProcess server, string[] jwts)
    {
        var cases = jwts.Select((jwt, i) => new VerificationCase
        {
            Name = $"token-{i}",
            Url = new Uri(server.Http.BaseAddress!, $"/{KeySet}/.well-known/jwks.json"), // every server has one
            Token = jwt,
            Alg = "ES256",
            Issuer = Issuer,
            Genuine = true,
        });
        await File.WriteAllTextAsync(_folder["cases.json"], JsonSerializer.Serialize(cases, CaseJson), Cancelled);
        var run = await ProcessRun.RunAsync("node", [Repository.PathOf("tests", "peers", "node", "verify.mjs"), _folder["cases.json"]], TimeSpan.FromMinutes(1), cancellationToken: Cancelled);
        Assert.True(run.ExitCode == 0, run.Output);
        Assert.Equal(["ok token-0", "ok token-1", "ok token-2"], run.Lines);
    }
}
