using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using KeyService.Server.Tests.Client;

namespace KeyService.Server.Tests.Http;

public sealed class JwksTests(PublicServer shared, SoftHsmTokens tokens) : IClassFixture<PublicServer>
{
    private const string Kinds = "/kinds/.well-known/jwks.json";

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Holds_the_members_of_the_RFCs_and_no_other()
    {
        var text = await shared.Server.Http.GetStringAsync(new Uri(Kinds, UriKind.Relative), TestEnd);
        Assert.StartsWith("{\"keys\":[{\"kty\":", text, StringComparison.Ordinal);
        Assert.DoesNotContain(' ', text);
        var keys = JsonDocument.Parse(text).RootElement.GetProperty("keys").EnumerateArray().ToDictionary(key => key.GetProperty("alg").GetString()!);

        Assert.Equal(["ES512", "Ed25519", "RS256"], keys.Keys.Order(StringComparer.Ordinal));
        AssertMembers(keys["RS256"], "RSA", null, ("n", 256), ("e", 3));
        AssertMembers(keys["ES512"], "EC", "P-521", ("x", 66), ("y", 66));
        AssertMembers(keys["Ed25519"], "OKP", "Ed25519", ("x", 32));
    }

    [Fact]
    public async Task Names_each_key_by_its_thumbprint()
    {
        var json = JsonDocument.Parse(await shared.Server.Http.GetStringAsync(new Uri(Kinds, UriKind.Relative), TestEnd)).RootElement;
        foreach (var key in json.GetProperty("keys").EnumerateArray())
        {
            // RFC 7638 §3: lexicographic order, no white space.
            var hashed = key.GetProperty("kty").GetString() switch
            {
                "RSA" => $$"""{"e":"{{Member("e")}}","kty":"RSA","n":"{{Member("n")}}"}""",
                "EC" => $$"""{"crv":"P-521","kty":"EC","x":"{{Member("x")}}","y":"{{Member("y")}}"}""",
                _ => $$"""{"crv":"Ed25519","kty":"OKP","x":"{{Member("x")}}"}""",
            };
            Assert.Equal(Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(hashed))), Member("kid"));

            string? Member(string name) => key.GetProperty(name).GetString();
        }
    }

    [Fact]
    public async Task Has_the_same_strong_tag_as_over_gRPC_and_for_the_same_bytes()
    {
        using var first = await shared.SendAsync(HttpMethod.Get, Kinds);
        using var second = await shared.SendAsync(HttpMethod.Get, Kinds);
        var overGrpc = await shared.Server.Grpc.GetJwksAsync("kinds");

        Assert.False(first.Headers.ETag!.IsWeak);
        Assert.Equal(first.Headers.ETag, second.Headers.ETag);
        Assert.Equal($"\"{overGrpc.Etag}\"", first.Headers.ETag.Tag);
        Assert.Equal(await first.Content.ReadAsByteArrayAsync(TestEnd), await second.Content.ReadAsByteArrayAsync(TestEnd));
        using var other = await shared.SendAsync(HttpMethod.Get, "/default/.well-known/jwks.json");
        Assert.NotEqual(first.Headers.ETag, other.Headers.ETag);
    }

    [Fact]
    public async Task Has_the_same_tag_and_bytes_on_every_replica()
    {
        var folder = Directory.CreateTempSubdirectory("keyservice-replicas-");
        try
        {
            var path = ("Storage:Path", Path.Combine(folder.FullName, "shared.db"));
            await using var one = await TestServer.StartAsync(tokens, time: null, path);
            await one.Grpc.RotateAsync(new() { KeySet = "default" });
            await using var two = await TestServer.StartAsync(tokens, time: null, path);

            using var answer = await PublicServer.SendAsync(one, HttpMethod.Get, "/.well-known/jwks.json");
            using var other = await PublicServer.SendAsync(two, HttpMethod.Get, "/.well-known/jwks.json");
            Assert.Equal(2, JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestEnd)).RootElement.GetProperty("keys").GetArrayLength());
            Assert.Equal(await answer.Content.ReadAsStringAsync(TestEnd), await other.Content.ReadAsStringAsync(TestEnd));
            Assert.Equal(answer.Headers.ETag, other.Headers.ETag);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("TAG", 304)]
    [InlineData("W/TAG", 304)] // If-None-Match compares weakly: RFC 9110 §13.1.2
    [InlineData("\"a\", TAG", 304)]
    [InlineData("\"a\" , W/TAG ,\"b,c\"", 304)]
    [InlineData("*", 304)]
    [InlineData("\"a\"", 200)]
    [InlineData("\"a\", \"b\"", 200)]
    [InlineData("\"\"", 200)]
    [InlineData("TA", 200)]
    [InlineData("BARE", 200)]
    [InlineData("\"*\"", 200)]
    [InlineData("TAG TAG", 200)]
    [InlineData("TAG;q=1", 200)]
    [InlineData("\"TAG", 200)]
    [InlineData(",", 200)]
    public async Task Is_sent_only_where_the_caller_has_another(string ifNoneMatch, int expected)
    {
        using var whole = await shared.SendAsync(HttpMethod.Get, Kinds);
        var tag = whole.Headers.ETag!.Tag;
        var value = ifNoneMatch.Replace("TAG", tag, StringComparison.Ordinal).Replace("BARE", tag.Trim('"'), StringComparison.Ordinal);
        using var answer = await shared.SendAsync(HttpMethod.Get, Kinds, ("If-None-Match", value));

        Assert.Equal(expected, (int)answer.StatusCode);
        Assert.Equal(expected == 200, (await answer.Content.ReadAsByteArrayAsync(TestEnd)).Length > 0);
        Assert.Equal(tag, answer.Headers.ETag?.Tag);
        Assert.NotNull(answer.Headers.CacheControl?.MaxAge); // a 304 renews the cached answer: RFC 9111 §4.3.4
        Assert.Equal("Accept", answer.Headers.Vary.Single());
    }

    [Fact]
    public async Task Is_not_sent_to_HEAD_but_described()
    {
        using var whole = await shared.SendAsync(HttpMethod.Get, Kinds);
        using var head = await shared.SendAsync(HttpMethod.Head, Kinds);

        Assert.Equal(200, (int)head.StatusCode);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(TestEnd));
        Assert.Equal(whole.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
        Assert.Equal(whole.Content.Headers.ContentType, head.Content.Headers.ContentType);
        Assert.Equal(whole.Headers.ETag, head.Headers.ETag);
        Assert.Equal(whole.Headers.CacheControl, head.Headers.CacheControl);
        using var unchanged = await shared.SendAsync(HttpMethod.Head, Kinds, ("If-None-Match", whole.Headers.ETag!.Tag));
        Assert.Equal(304, (int)unchanged.StatusCode);
    }

    [Theory]
    [InlineData(null, "application/jwk-set+json")]
    [InlineData("*/*", "application/jwk-set+json")]
    [InlineData("application/*", "application/jwk-set+json")]
    [InlineData("application/jwk-set+json", "application/jwk-set+json")]
    [InlineData("application/jwk-set+json, application/json", "application/jwk-set+json")]
    [InlineData("application/json;q=0.5, application/jwk-set+json", "application/jwk-set+json")]
    [InlineData("application/json", "application/json")]
    [InlineData("Application/JSON; charset=utf-8", "application/json")]
    [InlineData("application/jwk-set+json;q=0.5, application/json", "application/json")]
    [InlineData("text/html, application/json;q=0.1", "application/json")]
    [InlineData("application/json;q=0", "application/jwk-set+json")]
    [InlineData("text/html", "application/jwk-set+json")] // a verifier that asks for the wrong thing still wants keys
    [InlineData("no media type", "application/jwk-set+json")]
    public async Task Has_the_media_type_that_the_caller_prefers(string? accept, string expected)
    {
        using var answer = accept is null ? await shared.SendAsync(HttpMethod.Get, Kinds) : await shared.SendAsync(HttpMethod.Get, Kinds, ("Accept", accept));
        Assert.Equal((200, expected), ((int)answer.StatusCode, answer.Content.Headers.ContentType!.ToString()));
    }

    [Fact]
    public async Task May_be_read_by_any_page_and_is_never_guessed_to_be_one()
    {
        using var answer = await shared.SendAsync(HttpMethod.Get, Kinds, ("Origin", "https://app.example"));
        Assert.Equal("*", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.False(answer.Headers.Contains("Server"));
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task Stands_at_the_root_for_the_default_set()
    {
        Assert.Equal(
            await shared.Server.Http.GetStringAsync(new Uri("/default/.well-known/jwks.json", UriKind.Relative), TestEnd),
            await shared.Server.Http.GetStringAsync(new Uri("/.well-known/jwks.json", UriKind.Relative), TestEnd));
        await using var other = await TestServer.StartAsync(
            tokens, time: null, ("DefaultKeySet", "other"), ("KeySets:other:Signers:0:Algorithm", "ES256"), ("Jwks:MediaType", "application/json"));
        using var answer = await PublicServer.SendAsync(other, HttpMethod.Get, "/.well-known/jwks.json");
        Assert.Equal($"\"{(await other.Grpc.GetJwksAsync("other")).Etag}\"", answer.Headers.ETag!.Tag);
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.ToString());
    }

    [Theory]
    [InlineData("/absent/.well-known/jwks.json", 404, "KEY_SET_NOT_FOUND")]
    [InlineData("/absent/.well-known/openid-configuration", 404, "KEY_SET_NOT_FOUND")]
    [InlineData("/default/.well-known/openid-configuration", 404, "KEY_SET_NOT_FOUND")]
    [InlineData("/Absent/.well-known/jwks.json", 400, "INVALID_ARGUMENT")]
    [InlineData("/keyless/.well-known/jwks.json", 503, "NO_ACTIVE_KEY")]
    public async Task Failures_are_told_in_JSON_and_not_cached(string path, int status, string reason)
    {
        using var answer = await shared.SendAsync(HttpMethod.Get, path, ("If-None-Match", "*"));
        Assert.Equal((status, "application/json", "no-store"), ((int)answer.StatusCode, answer.Content.Headers.ContentType!.MediaType, answer.Headers.CacheControl!.ToString()));
        Assert.Equal(reason, Refusal.Of(JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestEnd)).RootElement).Reason);
        Assert.Equal(status == 503, answer.Headers.RetryAfter?.Delta == TimeSpan.FromSeconds(1));
        Assert.Null(answer.Headers.ETag);
        using var head = await shared.SendAsync(HttpMethod.Head, path);
        Assert.Equal(status, (int)head.StatusCode);
    }

    private static void AssertMembers(JsonElement key, string keyType, string? curve, params (string Name, int Bytes)[] numbers)
    {
        string[] shared = curve is null ? ["kty", "use", "alg", "kid"] : ["kty", "use", "alg", "kid", "crv"];
        Assert.Equal(shared.Concat(numbers.Select(number => number.Name)), key.EnumerateObject().Select(member => member.Name));
        Assert.Equal((keyType, "sig"), (key.GetProperty("kty").GetString(), key.GetProperty("use").GetString()));
        if (curve is not null)
            Assert.Equal(curve, key.GetProperty("crv").GetString());
        foreach (var (name, bytes) in numbers)
            Assert.Equal(bytes, Base64Url.DecodeFromChars(key.GetProperty(name).GetString()).Length);
        Assert.DoesNotContain(key.EnumerateObject(), member => member.Value.GetString()!.AsSpan().ContainsAny("+/="));
    }
}
