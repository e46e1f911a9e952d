using System.Net.Http.Json;
using System.Text.Json;

namespace KeyService.Server.Tests.Http;

public sealed class DiscoveryTests(PublicServer shared, SoftHsmTokens tokens) : IClassFixture<PublicServer>
{
    private const string Path = "/kinds/.well-known/openid-configuration";

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tells_a_verifier_where_the_keys_are()
    {
        using var answer = await shared.SendAsync(HttpMethod.Get, Path);
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal("public, max-age=300", answer.Headers.CacheControl!.ToString());
        Assert.Equal("*", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal(
            """{"issuer":"https://issuer.example/tenant","jwks_uri":"https://issuer.example/tenant/.well-known/jwks.json","id_token_signing_alg_values_supported":["ES512","Ed25519","RS256"],"response_types_supported":["id_token"],"subject_types_supported":["public"]}""",
            await answer.Content.ReadAsStringAsync(TestEnd));
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("X-Forwarded-Host", "evil.example")]
    [InlineData("X-Forwarded-Proto", "http")]
    [InlineData("Forwarded", "host=evil.example")]
    public async Task Is_not_swayed_by_what_the_caller_calls_the_server(string header, string value)
    {
        using var usual = await shared.SendAsync(HttpMethod.Get, Path);
        using var answer = await shared.SendAsync(HttpMethod.Get, Path, (header, value));
        Assert.Equal(await usual.Content.ReadAsStringAsync(TestEnd), await answer.Content.ReadAsStringAsync(TestEnd));
    }

    [Fact]
    public async Task Is_not_sent_to_HEAD_but_described()
    {
        using var whole = await shared.SendAsync(HttpMethod.Get, Path);
        using var head = await shared.SendAsync(HttpMethod.Head, Path);
        Assert.Equal(whole.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(TestEnd));
    }

    [Fact]
    public async Task Stands_at_the_root_for_the_default_set_and_takes_a_slash_off_the_issuer()
    {
        await using var server = await TestServer.StartAsync(tokens, time: null, ("KeySets:default:Issuer", "https://issuer.example/"));
        var json = await server.Http.GetFromJsonAsync<JsonElement>("/.well-known/openid-configuration", TestEnd);
        Assert.Equal("https://issuer.example/", json.GetProperty("issuer").GetString()); // as tokens say it, to the letter
        Assert.Equal("https://issuer.example/.well-known/jwks.json", json.GetProperty("jwks_uri").GetString());
    }
}
