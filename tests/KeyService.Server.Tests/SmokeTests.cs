using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace KeyService.Server.Tests;

public sealed class SmokeTests(SoftHsmTokens tokens)
{
    [Fact]
    public async Task Signs_claims_over_HTTP_byte_by_byte()
    {
        await using var server = await TestServer.StartAsync(tokens);
        var claims = $$"""{"z":9007199254740993,"a":1,"exp":{{server.Expiry()}}}""";

        using var answer = await server.Http.PostAsJsonAsync("/v1/keySets/default:signJwt", new { claims_json = claims }, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var json = await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        var payload = json.GetProperty("jwt").GetString()!.Split('.')[1];
        Assert.Equal(claims, System.Text.Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(payload)));
    }
}
