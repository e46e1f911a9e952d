using System.Net.Http.Headers;
using KeyService.Protos.V1;

namespace KeyService.Server.Tests.Access;

public sealed class BearerTokenTests(SoftHsmTokens tokens)
{
    private const string Policy = """
        version: 1
        principals:
          - { name: anyone, match: [ { jwt: { issuer: "https://login.example", subject: "*" } }, { dns: signer.example } ], grants: [ { keySets: "*", permissions: read } ] }
        """;

    private static readonly string[] BothAudiences = ["another", TestIssuer.Audience];
    private static readonly string[] BothTiers = ["test", "prod"];

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    [Fact]
    public async Task Only_tokens_that_prove_everything_are_taken()
    {
        await using var secured = await SecuredServer.StartAsync(
            tokens, Policy, ("Auth:Jwt:0:RequiredClaims:0:Name", "tier"), ("Auth:Jwt:0:RequiredClaims:0:Value", "prod"));
        using var other = new TestIssuer("https://other.example");
        using var forger = new TestIssuer(secured.Issuer.Issuer);
        (string, object?) tier = ("tier", "prod");
        var right = secured.Issuer.Token(tier);

        Assert.Equal('O', await AskAsync(secured, right));
        Assert.Equal('O', await AskAsync(secured, secured.Issuer.Token(tier, ("aud", BothAudiences))));
        Assert.Equal('O', await AskAsync(secured, secured.Issuer.Token(("tier", BothTiers))));
        var wrong = new Dictionary<string, string>
        {
            ["without the required claim"] = secured.Issuer.Token(),
            ["with another value of it"] = secured.Issuer.Token(("tier", "test")),
            ["for another audience"] = secured.Issuer.Token(tier, ("aud", "another")),
            ["for no audience"] = secured.Issuer.Token(tier, ("aud", null)),
            ["expired"] = secured.Issuer.Token(tier, ("exp", Now - 2)),
            ["without end"] = secured.Issuer.Token(tier, ("exp", null)),
            ["not valid yet"] = secured.Issuer.Token(tier, ("nbf", Now + 100)),
            ["of another issuer"] = other.Token(tier),
            ["of a forger who names the issuer and its kid"] = forger.Token(tier),
            ["signed with the public key as a secret"] = secured.Issuer.TokenByPublicKeyAsSecret(),
            ["unsigned"] = secured.Issuer.UnsignedToken(),
            ["changed"] = right[..^6] + (right[^6] == 'A' ? "B" : "A") + right[^5..],
            ["no token at all"] = "abc",
            ["of three empty parts"] = "..",
            ["that is not base64"] = "!!!.!!!.!!!",
            ["that is not JSON"] = "YWJj.YWJj.YWJj",
        };
        foreach (var (what, token) in wrong)
            Assert.True(await AskAsync(secured, token) == 'U', $"A token {what} was taken.");
    }

    [Fact]
    public async Task A_bad_token_fails_even_where_the_certificate_would_do()
    {
        await using var secured = await SecuredServer.StartAsync(tokens, Policy);
        using var certificate = secured.Authority.Issue("CN=x", names: ["signer.example"]);
        Assert.Equal('O', await AskAsync(secured.Client(certificate)));
        Assert.Equal('U', await AskAsync(secured.Client(certificate, secured.Issuer.UnsignedToken())));
        var basic = secured.Client(certificate);
        basic.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", "cm9vdDpyb290");
        Assert.Equal('U', await AskAsync(basic));
    }

    [Fact]
    public async Task A_key_that_the_issuer_added_is_found_by_its_kid()
    {
        await using var secured = await SecuredServer.StartAsync(tokens, Policy);
        Assert.Equal('O', await AskAsync(secured, secured.Issuer.Token()));
        secured.Issuer.ReplaceKey("second");
        secured.Write("issuer.json", secured.Issuer.Jwks);

        var token = secured.Issuer.Token();
        var client = secured.Client(token: token);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Eventually.Patience);
        while (await AskAsync(client) != 'O') // at most every Auth:Jwt:0:RefreshInterval
            await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
    }

    private static Task<char> AskAsync(SecuredServer secured, string token) => AskAsync(secured.Client(token: token));

    private static Task<char> AskAsync(HttpClient client) =>
        Answer.OfGrpcAsync(client, "/keyservice.v1.KeySetService/GetKeySet", new GetKeySetRequest { KeySet = "default" });
}
