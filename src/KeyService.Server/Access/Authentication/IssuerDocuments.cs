using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using KeyService.Server.Configuration;
using Microsoft.IdentityModel.Protocols;

namespace KeyService.Server.Access.Authentication;

/// <summary>Fetches an issuer's documents, over https or from a file, in bounded time and size, and from where it was told to only.</summary>
internal sealed class IssuerDocuments(JwtIssuerSettings settings) : IDocumentRetriever, IDisposable
{
    private const int MaxBytes = 1 << 20;
    private readonly HttpClient _http = new(HandlerFor(settings)) { Timeout = TimeSpan.FromSeconds(10), MaxResponseContentBufferSize = MaxBytes };

    public async Task<string> GetDocumentAsync(string address, CancellationToken cancel)
    {
        if (settings.JwksFile is { } file)
            return await File.ReadAllTextAsync(file, cancel);
        var url = new Uri(address);
        if (url.Scheme != Uri.UriSchemeHttps && !url.IsLoopback) // a discovery document may name any address
            throw new IOException($"The keys of {settings.Issuer} are not fetched from {address}: it is not https.");
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (settings.TokenFile is { } tokenFile)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(tokenFile, cancel)).Trim());
        using var answer = await _http.SendAsync(request, cancel);
        return await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync(cancel);
    }

    public void Dispose() => _http.Dispose();

    private static SocketsHttpHandler HandlerFor(JwtIssuerSettings settings)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) };
        if (settings.CaFile is { } file)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.ImportFromPemFile(file);
            handler.SslOptions.CertificateChainPolicy = policy;
        }

        return handler;
    }
}
