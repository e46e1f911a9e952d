using System.Security.Cryptography.X509Certificates;
using KeyService.Testing;

namespace KeyService.Server.Tests.Access;

/// <summary>Other people's clients over TLS.</summary>
public sealed class PeerTests(SoftHsmTokens tokens)
{
    private const string Policy = """
        version: 1
        principals:
          - { name: by-certificate, match: [ { spiffe: "spiffe://example.org/billing" } ], grants: [ { keySets: default, permissions: sign } ] }
          - { name: by-token, match: [ { jwt: { issuer: "https://login.example", subject: rotator } } ], grants: [ { keySets: default, permissions: sign } ] }
        """;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Grpc_js_is_let_in_by_certificate_or_token_and_told_why_it_is_not()
    {
        await using var secured = await SecuredServer.StartAsync(tokens, Policy);
        using var certificate = secured.Authority.Issue("CN=billing", uris: ["spiffe://example.org/billing"]);
        using var key = certificate.GetECDsaPrivateKey()!; // it was made with one
        secured.Write("client.pem", certificate.ExportCertificatePem());
        secured.Write("client.key", key.ExportPkcs8PrivateKeyPem());
        string[] proof = [secured.PathOf("client.pem"), secured.PathOf("client.key")];

        Assert.StartsWith("signed ", await SignAsync(secured, "default", proof), StringComparison.Ordinal);
        Assert.StartsWith("signed ", await SignAsync(secured, "default", "token", secured.Issuer.Token()), StringComparison.Ordinal);
        Assert.Equal("PERMISSION_DENIED PERMISSION_DENIED", await SignAsync(secured, "other", proof));
        Assert.Equal("UNAUTHENTICATED UNAUTHENTICATED", await SignAsync(secured, "default"));
    }

    private static async Task<string> SignAsync(SecuredServer secured, string keySet, params string[] credentials)
    {
        var run = await ProcessRun.RunAsync(
            "node", [Repository.PathOf("tests", "peers", "node", "mtls.mjs"), $"localhost:{secured.Server.HttpsAddress!.Port}", secured.PathOf("clients.pem"), keySet, .. credentials],
            Limit, cancellationToken: TestContext.Current.CancellationToken); // the server listens with TLS; Node warns of addresses in place of names
        Assert.True(run.ExitCode == 0, run.ToString());
        return run.Lines.Single();
    }
}
