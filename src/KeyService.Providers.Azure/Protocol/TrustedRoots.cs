using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace KeyService.Providers.Azure.Protocol;

/// <summary>Trusts the certificates of a file besides the system's. Nothing else about a certificate is forgiven.</summary>
internal sealed class TrustedRoots(X509Certificate2Collection roots)
{
    /// <exception cref="Core.KeyServiceException">ProviderRejected: the file cannot be read or holds no certificate.</exception>
    public static TrustedRoots FromFile(string file)
    {
        try
        {
            var roots = new X509Certificate2Collection();
            roots.ImportFromPemFile(file);
            return roots.Count > 0 ? new TrustedRoots(roots) : throw Failures.Rejected("TrustedCertificateFile holds no certificate in PEM.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw Failures.Rejected("TrustedCertificateFile cannot be read.", exception);
        }
    }

    public bool Accept(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
            return true;
        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is not X509Certificate2 leaf)
            return false; // a wrong name, or none at all

        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(roots);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // private roots seldom publish revocation
        own.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.1")); // id-kp-serverAuth
        if (chain is not null)
            own.ChainPolicy.ExtraStore.AddRange(chain.ChainPolicy.ExtraStore);
        return own.Build(leaf);
    }
}
