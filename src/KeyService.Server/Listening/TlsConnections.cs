using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using KeyService.Server.Configuration;
using KeyService.Server.Files;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace KeyService.Server.Listening;

/// <summary>The terms of each TLS handshake: with the certificate and the trust bundle as they are at that moment.</summary>
internal sealed class TlsConnections(TlsSettings settings, ReloadedFile<SslStreamCertificateContext> certificate, ReloadedFile<TrustBundle>? trust)
{
    /// <summary>TLS 1.3, and of TLS 1.2 what has forward secrecy and authenticated encryption (RFC 9325 §4.2).</summary>
    private static readonly TlsCipherSuite[] ModernSuites =
    [
        TlsCipherSuite.TLS_AES_256_GCM_SHA384, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256, TlsCipherSuite.TLS_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    ];

    private static readonly CipherSuitesPolicy? Suites = OperatingSystem.IsLinux() ? new CipherSuitesPolicy(ModernSuites) : null; // elsewhere the system decides

    public TlsHandshakeCallbackOptions Options => new() { OnConnection = OptionsFor };

    /// <summary>PEM: the certificate first, those that lead to its root after it, and its key.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The context keeps the certificate, connections the context: it goes with the last of them.")]
    public static SslStreamCertificateContext ReadCertificate(byte[] certificates, byte[] key)
    {
        var pem = Encoding.UTF8.GetString(certificates);
        var own = X509Certificate2.CreateFromPem(pem, Encoding.UTF8.GetString(key));
        var all = new X509Certificate2Collection();
        all.ImportFromPem(pem);
        return SslStreamCertificateContext.Create(own, [.. all.Skip(1)], offline: true);
    }

    private ValueTask<SslServerAuthenticationOptions> OptionsFor(TlsHandshakeCallbackContext context)
    {
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = certificate.Current,
#pragma warning disable CA5398 // what the operating system would choose may include TLS 1.0 and 1.1
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
#pragma warning restore CA5398
            CipherSuitesPolicy = Suites,
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            AllowRenegotiation = false,
        };
        if (trust is not null)
        {
            options.ClientCertificateRequired = true; // asked for; the callback decides on whether it must come
            options.CertificateChainPolicy = trust.Current.ChainPolicy();
            options.RemoteCertificateValidationCallback = (_, presented, _, errors) => IsAcceptable(presented, errors);
            options.AllowTlsResume = false; // a resumed session would bring a certificate that was checked against an older bundle
        }

        return ValueTask.FromResult(options);
    }

    private bool IsAcceptable(X509Certificate? presented, SslPolicyErrors errors) => presented is null
        ? !settings.ClientCertificateRequired
        : errors == SslPolicyErrors.None && presented is X509Certificate2 client && TrustBundle.IsForClients(client);
}
