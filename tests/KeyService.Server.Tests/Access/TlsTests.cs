using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using KeyService.Protos.V1;
using KeyService.Server.Access.Authentication;

namespace KeyService.Server.Tests.Access;

public sealed class TlsTests(SoftHsmTokens tokens)
{
    private const string Policy = """
        version: 1
        principals:
          - name: known
            match: [ { spiffe: "spiffe://example.org/*" }, { dns: signer.example }, { subject: CN=signer } ]
            grants: [ { keySets: "*", permissions: read } ]
        """;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_port_speaks_HTTP_1_and_2_over_TLS_1_2_and_1_3()
    {
        await using var secured = await SecuredServer.StartAsync(tokens, Policy);
#pragma warning disable CA5398 // that both are spoken is what is tested
        foreach (var version in new[] { SslProtocols.Tls12, SslProtocols.Tls13 })
#pragma warning restore CA5398
        {
            foreach (var protocol in new[] { SslApplicationProtocol.Http11, SslApplicationProtocol.Http2 })
                Assert.Equal((version, protocol), await HandshakeAsync(secured, version, protocol));
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/jwks.json") { Version = HttpVersion.Version11 };
        using var answer = await secured.Client().SendAsync(request, Cancelled);
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version11), (answer.StatusCode, answer.Version));
    }

    [Fact]
    public async Task Only_certificates_that_are_good_for_clients_get_in()
    {
        await using var secured = await SecuredServer.StartAsync(tokens, Policy);
        using var stranger = new TestAuthority("clients"); // of the same name
        var issued = new Dictionary<string, (char Expected, System.Security.Cryptography.X509Certificates.X509Certificate2 Certificate)>
        {
            ["right by DNS name"] = ('O', secured.Authority.Issue("CN=x", names: ["other.example", "SIGNER.example"])),
            ["right by SPIFFE ID"] = ('O', secured.Authority.Issue("CN=x", uris: ["spiffe://example.org/a"])),
            ["right by subject"] = ('O', secured.Authority.Issue("CN=signer")),
            ["with another SPIFFE ID, whatever its DNS name"] = ('D', secured.Authority.Issue("CN=signer", uris: ["spiffe://example.net/a"], names: ["signer.example"])),
            ["with two SPIFFE IDs"] = ('U', secured.Authority.Issue("CN=signer", uris: ["spiffe://example.org/a", "spiffe://example.org/b"])),
            ["with a SPIFFE ID and another URI"] = ('U', secured.Authority.Issue("CN=signer", uris: ["spiffe://example.org/a", "https://example.org"])),
            ["with another DNS name, whatever its subject"] = ('D', secured.Authority.Issue("CN=signer", names: ["x.example"])),
            ["without a name"] = ('U', secured.Authority.Issue("")),
            ["expired"] = ('X', secured.Authority.Issue("CN=signer", age: TimeSpan.FromMinutes(1))),
            ["for servers"] = ('X', secured.Authority.Issue("CN=signer", use: TestAuthority.ServerUse)),
            ["for no named use"] = ('X', secured.Authority.Issue("CN=signer", use: null)),
            ["of an authority of the same name"] = ('X', stranger.Issue("CN=signer")),
        };
        foreach (var (what, (expected, certificate)) in issued)
        {
            using (certificate)
                Assert.True(await GetAsync(secured.Client(certificate)) is var got && got == expected, $"A certificate {what}: {got}, not {expected}.");
        }
    }

    [Fact]
    public async Task Without_a_client_certificate_there_is_no_connection_where_one_is_required()
    {
        await using var secured = await SecuredServer.StartAsync(tokens, Policy, ("Tls:ClientCertificate", "Required"));
        using var certificate = secured.Authority.Issue("CN=signer");
        Assert.Equal('X', await GetAsync(secured.Client()));
        Assert.Equal('O', await GetAsync(secured.Client(certificate)));
    }

    [Fact]
    public void A_certificate_whose_names_cannot_be_read_names_nobody()
    {
        using var authority = new TestAuthority("a");
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        var request = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=signer", key, System.Security.Cryptography.HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new System.Security.Cryptography.X509Certificates.X509Extension("2.5.29.17", [0x30, 0x05, 0x86, 0x7f], critical: false));
        using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow(), TimeProvider.System.GetUtcNow().AddDays(1));
        Assert.Null(CertificateIdentity.Of(certificate));
    }

    private static Task<char> GetAsync(HttpClient client) =>
        Answer.OfGrpcAsync(client, "/keyservice.v1.KeySetService/GetKeySet", new GetKeySetRequest { KeySet = "default" });

    private static async Task<(SslProtocols, SslApplicationProtocol)> HandshakeAsync(SecuredServer secured, SslProtocols version, SslApplicationProtocol protocol)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync("127.0.0.1", secured.Server.HttpsAddress!.Port, Cancelled); // it listens there
        await using var tls = new SslStream(connection.GetStream(), leaveInnerStreamOpen: false);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = "127.0.0.1", CertificateChainPolicy = secured.Authority.ChainPolicy(), EnabledSslProtocols = version, ApplicationProtocols = [protocol] }, Cancelled);
        return (tls.SslProtocol, tls.NegotiatedApplicationProtocol);
    }
}
