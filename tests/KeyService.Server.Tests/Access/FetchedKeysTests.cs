using System.Globalization;
using System.Text;
using KeyService.Protos.V1;
using KeyService.Server.Guard;
using KeyService.Server.Signing;
using KeyService.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Server.Tests.Access;

/// <summary>The keys of bearer tokens are fetched from their issuer, which here is another server of this service.</summary>
public sealed class FetchedKeysTests(SoftHsmTokens tokens)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_discovery_document_leads_to_the_keys_and_to_those_that_come_later()
    {
        await using var issuer = await TestServer.StartAsync(tokens);
        var name = issuer.Http.BaseAddress!.GetLeftPart(UriPartial.Authority); // every client of a test server has one
        await issuer.Grpc.UpdateAsync(new UpdateKeySetRequest { KeySet = "default", Spec = new KeySetSpec { Issuer = name }, UpdateMask = new() { Paths = { "issuer" } } });
        await using var secured = await SecuredServer.StartAsync(tokens, PolicyFor(name), Issuer(name, "MetadataAddress", $"{name}/.well-known/openid-configuration"));

        Assert.Equal('O', await AskAsync(secured, await TokenAsync()));
        await issuer.Grpc.RotateAsync(new RotateRequest { KeySet = "default", Emergency = true, Reason = "the next key is to be found" });
        var token = await TokenAsync();
        await UntilAsync(async () => await AskAsync(secured, token) == 'O'); // at most every RefreshInterval

        async Task<string> TokenAsync() =>
            (await issuer.Grpc.SignJwtAsync(new SignJwtRequest { KeySet = "default", ClaimsJson = Claims(name) })).Jwt;
    }

    [Fact]
    public async Task Keys_come_over_TLS_from_whom_the_CA_file_vouches_for_and_from_nobody_else()
    {
        const string name = "https://issuer.example";
        await using var issuer = await SecuredServer.StartAsync(tokens, PolicyFor(name));
        var jwks = new Uri(issuer.Server.HttpsAddress!, "/.well-known/jwks.json").ToString(); // it listens for https
        var signed = await issuer.Server.Services.GetRequiredService<JwsSigner>().SignJwtAsync(
            "default", Encoding.UTF8.GetBytes(Claims(name)), "JWT", null, null, SignAttempt.Patience, Cancelled);

        await using var trusting = await SecuredServer.StartAsync(
            tokens, PolicyFor(name), [.. Issuer(name, "JwksUri", jwks), ("Auth:Jwt:1:CaFile", issuer.PathOf("clients.pem"))]); // its authority made its certificate, too
        Assert.Equal('O', await AskAsync(trusting, signed.Jwt));

        using var stranger = new TestAuthority("stranger");
        issuer.Write("stranger.pem", stranger.RootPem);
        await using var wary = await SecuredServer.StartAsync(
            tokens, PolicyFor(name), [.. Issuer(name, "JwksUri", jwks), ("Auth:Jwt:1:CaFile", issuer.PathOf("stranger.pem"))]);
        Assert.Equal('A', await AskAsync(wary, signed.Jwt));
    }

    [Fact]
    public async Task While_the_keys_cannot_be_fetched_nobody_is_told_that_a_token_is_wrong_which_may_be_right()
    {
        var port = FreePorts.One();
        var name = $"http://127.0.0.1:{port}";
        await using var secured = await SecuredServer.StartAsync(tokens, PolicyFor(name), Issuer(name, "JwksUri", $"{name}/.well-known/jwks.json"));
        using var other = new TestIssuer(name);
        using var stranger = new TestIssuer("https://stranger.example");
        Assert.Equal('A', await AskAsync(secured, other.Token())); // of whoever: nobody can tell
        Assert.Equal('A', await Answer.OfHttpAsync(secured.Client(token: other.Token()), HttpMethod.Get, "/v1/keySets/default", body: null));
        Assert.Equal('O', await Answer.OfHttpAsync(secured.Client(token: other.Token()), HttpMethod.Get, "/.well-known/jwks.json", body: null)); // public for everyone
        string[] wrong =
        [
            other.Token(("exp", 1)), other.Token(("exp", null)), other.Token(("aud", "another")), other.UnsignedToken(), other.TokenByPublicKeyAsSecret(), stranger.Token(),
        ];
        foreach (var token in wrong)
            Assert.Equal('U', await AskAsync(secured, token));

        string signed;
        await using (var issuer = await TestServer.StartAsync(tokens, time: null, ("Listen:Http", name)))
        {
            signed = (await issuer.Grpc.SignJwtAsync(new SignJwtRequest { KeySet = "default", ClaimsJson = Claims(name) })).Jwt;
            await UntilAsync(async () => await AskAsync(secured, signed) == 'O'); // without restart
            Assert.Equal('U', await AskAsync(secured, other.Token())); // its key is not among those of the issuer
        }

        await UntilAsync(async () => await AskAsync(secured, other.Token()) == 'A'); // it may be a new one: at most every RefreshInterval
        Assert.Equal('O', await AskAsync(secured, signed)); // with the keys that were had
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(Eventually.Patience);
        while (!await condition())
            await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
    }

    private static (string, string)[] Issuer(string name, string source, string address) =>
        [("Auth:Jwt:1:Issuer", name), ("Auth:Jwt:1:Audiences:0", TestIssuer.Audience), ("Auth:Jwt:1:RefreshInterval", "1s"), ($"Auth:Jwt:1:{source}", address)];

    private static string PolicyFor(string issuer) => $$"""
        version: 1
        principals:
          - { name: anyone, match: [ { jwt: { issuer: "{{issuer}}", subject: "*" } } ], grants: [ { keySets: "*", permissions: read } ] }
        """;

    private static string Claims(string issuer) => string.Create(
        CultureInfo.InvariantCulture, $$"""{"iss":"{{issuer}}","sub":"reader","aud":"{{TestIssuer.Audience}}","exp":{{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 300}}}""");

    private static Task<char> AskAsync(SecuredServer secured, string token) => Answer.OfGrpcAsync(
        secured.Client(token: token), "/keyservice.v1.KeySetService/GetKeySet", new GetKeySetRequest { KeySet = "default" });
}
