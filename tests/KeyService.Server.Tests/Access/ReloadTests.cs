using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using KeyService.Protos.V1;
using KeyService.Testing;

namespace KeyService.Server.Tests.Access;

/// <summary>Files are taken over while the server runs, and broken ones are not.</summary>
public sealed class ReloadTests(SoftHsmTokens tokens)
{
    private const string Policy = """
        version: 1
        principals:
          - { name: reader, match: [ { dns: reader.example } ], grants: [ { keySets: default, permissions: $WHAT } ] }
        """;

    private static string Readers => Policy.Replace("$WHAT", "read", StringComparison.Ordinal);

    private static string Rotators => Policy.Replace("$WHAT", "rotate", StringComparison.Ordinal);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_changed_policy_holds_for_open_connections_and_a_broken_one_never_does()
    {
        await using var secured = await SecuredServer.StartAsync(tokens, Readers);
        using var certificate = secured.Authority.Issue("CN=x", names: ["reader.example"]);
        var client = secured.Client(certificate);
        Assert.Equal('O', await GetAsync(client));

        secured.Write("policy.yaml", Rotators);
        await UntilAsync(async () => await GetAsync(client) == 'D');
        secured.Write("policy.yaml", "version: 1\nprincipals: [ { name: broken } ]");
        await UntilAsync(async () => (await ReadinessAsync(client)).Contains("the policy in", StringComparison.Ordinal));
        Assert.Contains("principals:0:match is missing", await ReadinessAsync(client), StringComparison.Ordinal);
        Assert.Equal('D', await GetAsync(client));
        secured.Write("policy.yaml", Readers);
        await UntilAsync(async () => await GetAsync(client) == 'O');
        Assert.Contains("\"files\":\"Healthy\"", await ReadinessAsync(client), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_certificate_is_shown_to_new_connections_and_a_broken_one_never_is()
    {
        await using var secured = await SecuredServer.StartAsync(tokens, Readers);
        Assert.Equal("CN=first", await SubjectAsync(secured));

        secured.WriteCertificate("second");
        await UntilAsync(async () => await SubjectAsync(secured) == "CN=second");
        using var other = secured.Authority.Issue("CN=other", use: TestAuthority.ServerUse);
        secured.Write("server.pem", other.ExportCertificatePem()); // its key is another one
        await UntilAsync(async () => (await ReadinessAsync(secured.Client())).Contains("certificate in", StringComparison.Ordinal));
        Assert.Equal("CN=second", await SubjectAsync(secured));
    }

    [Fact]
    public async Task A_swapped_symbolic_link_is_a_change()
    {
        await using var secured = await SecuredServer.StartAsync(tokens, Readers);
        // As Kubernetes mounts a volume: file → ..data/file, ..data → a folder that is exchanged as a whole.
        foreach (var (folder, text) in new[] { ("..1", Readers), ("..2", Rotators) })
        {
            Directory.CreateDirectory(secured.PathOf(folder));
            secured.Write($"{folder}/policy.yaml", text);
        }

        File.CreateSymbolicLink(secured.PathOf("..data"), "..1");
        File.Delete(secured.PathOf("policy.yaml"));
        File.CreateSymbolicLink(secured.PathOf("policy.yaml"), "..data/policy.yaml");
        using var certificate = secured.Authority.Issue("CN=x", names: ["reader.example"]);
        var client = secured.Client(certificate);
        Assert.Equal('O', await GetAsync(client));

        File.CreateSymbolicLink(secured.PathOf("..next"), "..2");
        var move = await ProcessRun.RunAsync("mv", ["-T", secured.PathOf("..next"), secured.PathOf("..data")], Eventually.Patience, cancellationToken: Cancelled); // File.Move follows the link
        Assert.Equal(0, move.ExitCode);
        await UntilAsync(async () => await GetAsync(client) == 'D');
    }

    [Fact]
    public async Task A_changed_trust_bundle_holds_for_new_connections()
    {
        await using var secured = await SecuredServer.StartAsync(tokens, Readers);
        using var next = new TestAuthority("next");
        using var certificate = next.Issue("CN=x", names: ["reader.example"]);
        Assert.Equal('X', await GetAsync(secured.Client(certificate)));

        secured.Write("clients.pem", secured.Authority.RootPem + "\n" + next.RootPem);
        await UntilAsync(async () => await GetAsync(secured.Client(certificate)) == 'O');
    }

    private static Task<char> GetAsync(HttpClient client) =>
        Answer.OfGrpcAsync(client, "/keyservice.v1.KeySetService/GetKeySet", new GetKeySetRequest { KeySet = "default" });

    private static Task<string> ReadinessAsync(HttpClient client) => client.GetStringAsync(new Uri("/health/ready", UriKind.Relative), Cancelled);

    private static async Task<string> SubjectAsync(SecuredServer secured)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync("127.0.0.1", secured.Server.HttpsAddress!.Port, Cancelled);
        await using var tls = new SslStream(connection.GetStream(), leaveInnerStreamOpen: false);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "127.0.0.1", CertificateChainPolicy = secured.Authority.ChainPolicy() }, Cancelled);
        return ((X509Certificate2)tls.RemoteCertificate!).Subject; // a server has one
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(Eventually.Patience);
        while (!await condition())
            await Task.Delay(TimeSpan.FromMilliseconds(20), limit.Token);
    }
}
