using System.Net;

namespace KeyService.Server.Configuration;

/// <summary>Section <c>Listen</c>.</summary>
/// <param name="Http">HTTP/1.1 without TLS: JSON, JWKS, health. A loopback address. Default <c>http://127.0.0.1:8080</c>.</param>
/// <param name="Grpc">HTTP/2 without TLS: gRPC. A loopback address. Default <c>http://127.0.0.1:8081</c>.</param>
/// <param name="Https">HTTP/1.1 and HTTP/2 with TLS, everything. Null where there is no section <c>Tls</c>. Default <c>https://127.0.0.1:8443</c>.</param>
/// <param name="UnixSocket">Absolute path of a Unix socket for HTTP/2: gRPC. Null for none.</param>
/// <param name="Metrics">HTTP/1.1 without TLS for scrapers and probes that bring no credentials: /metrics and health, nothing else. Any address; null for none.</param>
internal sealed record ListenSettings(Uri Http, Uri Grpc, Uri? Https = null, string? UnixSocket = null, Uri? Metrics = null)
{
    private const string DefaultHttps = "https://127.0.0.1:8443";

    public static ListenSettings Read(SettingsReader section, bool hasTls)
    {
        var settings = new ListenSettings(
            Plain(section, "Http", "http://127.0.0.1:8080"), Plain(section, "Grpc", "http://127.0.0.1:8081"),
            hasTls ? Tls(section) : null, UnixSocketOf(section), MetricsOf(section));
        if (!hasTls && section.Has("Https") && section.Text("Https") is not null)
            section.Problem("Https", "needs section Tls with CertificateFile and KeyFile");
        if (settings.Http == settings.Grpc && settings.Http.Port != 0)
            section.Problem("Grpc", "must differ from Http: without TLS, HTTP/1.1 and HTTP/2 cannot share a port");
        section.RefuseOthers();
        return settings;
    }

    /// <summary>True for an address that only this machine reaches.</summary>
    public static bool IsLoopback(Uri url) => url.IsLoopback || (IPAddress.TryParse(url.IdnHost, out var address) && IPAddress.IsLoopback(address));

    private static Uri Plain(SettingsReader section, string key, string fallback)
    {
        var url = section.Url(key, fallback);
        if (!IsLoopback(url))
            section.Problem(key, $"must be a loopback address: it has no TLS, so '{url.Host}' is refused; Listen:Https may be any address");
        return WithPort(section, key, url);
    }

    private static Uri Tls(SettingsReader section) => AnyAddress(section, "Https", section.Url("Https", DefaultHttps));

    private static Uri? MetricsOf(SettingsReader section) => section.Has("Metrics") ? AnyAddress(section, "Metrics", section.Url("Metrics", "http://0.0.0.0:9464")) : null;

    private static Uri AnyAddress(SettingsReader section, string key, Uri url)
    {
        if (url.HostNameType == UriHostNameType.Dns && !url.IsLoopback)
            section.Problem(key, $"must have an IP address or localhost, such as {url.Scheme}://0.0.0.0:{url.Port}, not '{url.Host}'");
        return WithPort(section, key, url);
    }

    private static Uri WithPort(SettingsReader section, string key, Uri url)
    {
        if (url is { Port: 0, HostNameType: UriHostNameType.Dns })
            section.Problem(key, $"must have a port: two addresses hide behind '{url.Host}', which cannot share a free one");
        return url;
    }

    private static string? UnixSocketOf(SettingsReader section)
    {
        const int longest = 107; // what fits into sun_path
        var path = section.Text("UnixSocket");
        if (path is not null && (!Path.IsPathFullyQualified(path) || System.Text.Encoding.UTF8.GetByteCount(path) > longest))
            section.Problem("UnixSocket", $"must be an absolute path of at most {longest} bytes");
        return path;
    }
}
