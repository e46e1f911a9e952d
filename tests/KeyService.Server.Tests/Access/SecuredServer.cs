using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using KeyService.Server.Tests.Client;

namespace KeyService.Server.Tests.Access;

/// <summary>A server with TLS, client certificates, bearer tokens, a Unix socket and a policy, and clients that are let in or not.</summary>
internal sealed class SecuredServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly List<HttpClient> _clients = [];
    private readonly List<GrpcApi> _apis = [];

    private SecuredServer(DirectoryInfo folder) => _folder = folder;

    public TestAuthority Authority { get; } = new("clients");

    public TestIssuer Issuer { get; } = new("https://login.example");

    public TestServer Server { get; private set; } = null!; // StartAsync sets it before anyone has the instance

    public string PathOf(string name) => Path.Combine(_folder.FullName, name);

    public static Task<SecuredServer> StartAsync(SoftHsmTokens tokens, string policy, params (string Key, string Value)[] settings) =>
        StartAsync(tokens, policy, time: null, settings);

    public static async Task<SecuredServer> StartAsync(SoftHsmTokens tokens, string policy, TimeProvider? time, params (string Key, string Value)[] settings)
    {
        var secured = new SecuredServer(Directory.CreateTempSubdirectory("keyservice-access-"));
        secured.Write("policy.yaml", policy);
        secured.Write("clients.pem", secured.Authority.RootPem);
        secured.Write("issuer.json", secured.Issuer.Jwks);
        secured.WriteCertificate("first");
        secured.Server = await TestServer.StartAsync(tokens, time,
        [
            ("Listen:Https", "https://127.0.0.1:0"),
            ("Listen:UnixSocket", secured.PathOf("ks.sock")),
            ("Tls:CertificateFile", secured.PathOf("server.pem")),
            ("Tls:KeyFile", secured.PathOf("server.key")),
            ("Tls:ClientCaFile", secured.PathOf("clients.pem")),
            ("Auth:PolicyFile", secured.PathOf("policy.yaml")),
            ("Auth:ReloadInterval", "100ms"),
            ("Auth:Jwt:0:Issuer", secured.Issuer.Issuer),
            ("Auth:Jwt:0:Audiences:0", TestIssuer.Audience),
            ("Auth:Jwt:0:JwksFile", secured.PathOf("issuer.json")),
            ("Auth:Jwt:0:RefreshInterval", "1s"),
            ("Auth:Jwt:0:ClockSkew", "0s"),
            .. settings,
        ]);
        return secured;
    }

    /// <summary>Puts a file in place as a careful operator does: written apart, for its owner only, then renamed.</summary>
    public void Write(string name, string text)
    {
        var apart = PathOf(name + ".new");
        Secrets.Write(apart, text);
        File.Move(apart, PathOf(name), overwrite: true);
    }

    /// <summary>A new certificate of the server itself.</summary>
    public void WriteCertificate(string name)
    {
        using var certificate = Authority.Issue($"CN={name}", use: TestAuthority.ServerUse);
        using var key = certificate.GetECDsaPrivateKey()!; // it was made with one
        Write("server.key", key.ExportPkcs8PrivateKeyPem());
        Write("server.pem", certificate.ExportCertificatePem());
    }

    /// <summary>An HTTP/2 client over TLS that trusts the server.</summary>
    /// <param name="certificate">Null for none.</param>
    /// <param name="token">A bearer token; null for none.</param>
    [SuppressMessage("Reliability", "CA2000", Justification = "The client disposes of its handler.")]
    public HttpClient Client(X509Certificate2? certificate = null, string? token = null) =>
        Add(new HttpClient(Handler(certificate)) { BaseAddress = Server.HttpsAddress }, token);

    /// <summary>The RPCs over TLS, as a caller with a certificate or a token.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The channel lives as long as the server.")]
    public GrpcApi Api(X509Certificate2? certificate = null, string? token = null)
    {
        var api = new GrpcApi(Server.HttpsAddress!, Handler(certificate), token); // it listens for https
        _apis.Add(api);
        return api;
    }

    /// <summary>An HTTP/2 client over the Unix socket.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The client disposes of its handler.")]
    public HttpClient UnixClient() =>
        Add(new HttpClient(UnixConnections.To(PathOf("ks.sock"))) { BaseAddress = new Uri("http://localhost") }, token: null);

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
            client.Dispose();
        foreach (var api in _apis)
            api.Dispose();
        await Server.DisposeAsync();
        Authority.Dispose();
        Issuer.Dispose();
        _folder.Delete(recursive: true);
    }

    private SocketsHttpHandler Handler(X509Certificate2? certificate)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = Authority.ChainPolicy();
        if (certificate is not null) // sent whatever issuers the server names, or an untrusted one would stay at home
            handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
        return handler;
    }

    private HttpClient Add(HttpClient client, string? token)
    {
        client.DefaultRequestVersion = HttpVersion.Version20;
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        if (token is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        _clients.Add(client);
        return client;
    }
}
