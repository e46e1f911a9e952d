using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace KeyService.Server.Listening;

/// <summary>The roots, and intermediates, that client certificates must come from. The system's own roots never count.</summary>
internal sealed class TrustBundle
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private readonly X509Certificate2Collection _roots = [];
    private readonly X509Certificate2Collection _intermediates = [];

    /// <exception cref="CryptographicException">It is no PEM, or holds no root.</exception>
    public TrustBundle(byte[] pem)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPem(Encoding.UTF8.GetString(pem));
        foreach (var certificate in all)
            (certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData) ? _roots : _intermediates).Add(certificate);
        if (_roots.Count == 0)
            throw new CryptographicException("There is no self-signed root certificate in it.");
    }

    /// <summary>When the first of them expires, in local time as the class tells it.</summary>
    public DateTime FirstExpiry => _roots.Concat(_intermediates).Min(certificate => certificate.NotAfter);

    /// <summary>How a client's chain is built and checked: up to these roots, for client authentication, and with nothing fetched from anywhere.</summary>
    public X509ChainPolicy ChainPolicy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck, // short-lived certificates: see the README
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(_roots);
        policy.ExtraStore.AddRange(_intermediates);
        policy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        return policy;
    }

    /// <summary>What a chain policy lets pass: a CA's own certificate, and one that says nothing of its use.</summary>
    public static bool IsForClients(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Any(usage => usage.EnhancedKeyUsages.OfType<Oid>().Any(oid => oid.Value == ClientAuthentication))
        && !certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority);
}
