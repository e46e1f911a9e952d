using System.Text.Json;
using KeyService.Protos.V1;
using KeyService.Server.Tests.Rotation;
using KeyService.Server.Tests.SeveralHomes;
using KeyService.Testing.Azure;

namespace KeyService.Server.Tests.Azure;

/// <summary>The whole service over a vault: a key set names the provider, and nothing else is different.</summary>
public sealed class KeyVaultServiceTests(SoftHsmTokens tokens)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_set_on_a_vault_signs_rotates_and_is_verified()
    {
        await using var vault = await KeyVaultServer.StartAsync(cancellationToken: Cancelled);
        await using var server = await TestServer.StartAsync(
            tokens, time: null,
            [
                .. CloudSettings.Of(vault),
                ("KeySets:cloud:Signers:0:Algorithm", "PS256"), ("KeySets:cloud:Signers:0:Provider", "vault"), ("KeySets:cloud:Propagation", "0s"),
            ]);
        var verifier = new JwksVerifier(server.Http, "/cloud/.well-known/jwks.json", TimeProvider.System, keep: TimeSpan.Zero);
        var kids = new HashSet<string>();
        for (var round = 0; round < 2; round++)
        {
            var signed = await server.Grpc.SignJwtAsync(new SignJwtRequest { KeySet = "cloud", ClaimsJson = $$"""{"exp":{{server.Expiry()}}}""" });
            Assert.Null(await verifier.FaultOfAsync(signed.Jwt, Cancelled));
            kids.Add(signed.Kid);
            await server.Grpc.RotateAsync(new RotateRequest { KeySet = "cloud" });
        }

        Assert.Equal(2, kids.Count);
        Assert.Contains(vault.Requests, static request => request.Path.Contains("/sign?api-version=7.4", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_doctor_examines_a_vault()
    {
        await using var vault = await KeyVaultServer.StartAsync(new KeyVaultSettings { Tier = VaultTier.Premium }, cancellationToken: Cancelled);
        var settings = CloudSettings.Of(vault).ToDictionary(static setting => setting.Key.Split(':')[^1], static setting => setting.Value);
        settings["HardwareKeys"] = "true";
        var file = vault.CertificateFile + ".json"; // goes with the server
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["KeyService"] = new
            {
                Providers = new { vault = settings },
                KeySets = new { a = new { Signers = new[] { new { Algorithm = "ES256K", Provider = "vault" } } } },
            },
        }), Cancelled);
        var (code, output) = await Keyservice.RunAsync("doctor", "--config", file);
        Assert.True(code == 0, output);
        Assert.Contains("Provider vault: works", output, StringComparison.Ordinal);
        Assert.Contains("kty=EC-HSM", output, StringComparison.Ordinal);
        Assert.Contains(vault.Requests, static request => request.Method == "DELETE");
    }
}
