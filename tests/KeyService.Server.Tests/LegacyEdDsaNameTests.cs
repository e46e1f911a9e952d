using System.Buffers.Text;
using System.Net.Http.Json;
using System.Text.Json;

namespace KeyService.Server.Tests;

public sealed class LegacyEdDsaNameTests(SoftHsmTokens tokens)
{
    [Theory]
    [InlineData("true", "EdDSA")]
    [InlineData("false", "Ed25519")]
    public async Task Ed25519_is_named_alike_in_the_JWKS_the_header_and_the_answer(string legacy, string expected)
    {
        await using var server = await TestServer.StartAsync(
            tokens, settings: [("KeySets:default:Signers:0:Algorithm", "Ed25519"), ("KeySets:default:LegacyEdDsaName", legacy)]);
        var cancellationToken = TestContext.Current.CancellationToken;
        var claims = $$"""{"exp":{{server.Expiry()}}}""";

        using var answer = await server.Http.PostAsJsonAsync(
            "/v1/keySets/default:signJwt", new { claims_json = claims, algorithm = "Ed25519" }, cancellationToken);
        var signed = await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        var jwks = await server.Http.GetFromJsonAsync<JsonElement>("/.well-known/jwks.json", cancellationToken);

        var header = JsonDocument.Parse(Base64Url.DecodeFromChars(signed.GetProperty("jwt").GetString()!.Split('.')[0])).RootElement;
        Assert.Equal(expected, header.GetProperty("alg").GetString());
        Assert.Equal(expected, signed.GetProperty("algorithm").GetString());
        Assert.Equal(expected, jwks.GetProperty("keys")[0].GetProperty("alg").GetString());
    }
}
