namespace KeyService.Server.Tests.Http;

/// <summary>One server for all tests that only read over HTTP, with a set of each kind of key and one that has no key yet.</summary>
public sealed class PublicServer(SoftHsmTokens tokens) : IAsyncLifetime
{
    public const string Issuer = "https://issuer.example/tenant";

    internal TestServer Server { get; private set; } = null!; // InitializeAsync comes before every use

    public async ValueTask InitializeAsync() => Server = await TestServer.StartAsync(
        tokens,
        time: null,
        ("KeySets:default:Signers:0:Provider", "softhsm"),
        ("Providers:broken:Type", "Pkcs11"),
        ("Providers:broken:Module", tokens.SoftHsm.Module),
        ("Providers:broken:TokenLabel", "no-such-token"),
        ("Providers:broken:PinFile", tokens.Token.PinFile),
        ("KeySets:keyless:Signers:0:Algorithm", "ES256"),
        ("KeySets:keyless:Signers:0:Provider", "broken"),
        ("KeySets:kinds:Issuer", Issuer),
        ("KeySets:kinds:Signers:0:Algorithm", "RS256"),
        ("KeySets:kinds:Signers:0:Provider", "softhsm"),
        ("KeySets:kinds:Signers:1:Algorithm", "ES512"),
        ("KeySets:kinds:Signers:1:Provider", "softhsm"),
        ("KeySets:kinds:Signers:2:Algorithm", "Ed25519"),
        ("KeySets:kinds:Signers:2:Provider", "softhsm"));

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    internal Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, params (string Name, string Value)[] headers) =>
        SendAsync(Server, method, path, headers);

    internal static async Task<HttpResponseMessage> SendAsync(TestServer server, HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        foreach (var (name, value) in headers)
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        return await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
