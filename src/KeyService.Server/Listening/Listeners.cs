using System.Net;
using KeyService.Server.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace KeyService.Server.Listening;

/// <summary>Where the server listens, with which protocols.</summary>
internal static class Listeners
{
    public static void Listen(KestrelServerOptions kestrel, ListenSettings settings)
    {
        Listen(kestrel, settings.Http, static listen => listen.Protocols = HttpProtocols.Http1);
        Listen(kestrel, settings.Grpc, static listen => listen.Protocols = HttpProtocols.Http2);
        if (settings.Https is { } https)
        {
            var tls = kestrel.ApplicationServices.GetRequiredService<TlsConnections>();
            Listen(kestrel, https, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(tls.Options);
            });
        }

        if (settings.UnixSocket is { } path)
        {
            kestrel.ListenUnixSocket(path, static listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                listen.Use(PeerCredentials.ReadInto);
            });
        }

        if (settings.Metrics is { } metrics)
        {
            Listen(kestrel, metrics, static listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(ScrapeConnection.MarkIt);
            });
        }
    }

    private static void Listen(KestrelServerOptions kestrel, Uri url, Action<ListenOptions> configure)
    {
        if (url.HostNameType == UriHostNameType.Dns)
            kestrel.ListenLocalhost(url.Port, configure);
        else
            kestrel.Listen(IPAddress.Parse(url.DnsSafeHost), url.Port, configure);
    }
}
