using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace KeyService.Testing.Azure;

/// <summary>A self-made certificate for 127.0.0.1, its public half in a PEM file as a private endpoint's root would be.</summary>
public sealed class VaultCertificate : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("keyservice-vault-");

    public VaultCertificate(params string[] hostNames)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Key Vault protocol server", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        foreach (var name in hostNames)
            names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false)); // serverAuth
        var now = TimeProvider.System.GetUtcNow(); // TLS looks at real time
        using var made = request.CreateSelfSigned(now.AddHours(-1), now.AddDays(2));
        Certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), password: null);
        File = Path.Combine(_folder.FullName, "vault.pem");
        System.IO.File.WriteAllText(File, made.ExportCertificatePem());
    }

    public X509Certificate2 Certificate { get; }

    /// <summary>PEM, without the private key.</summary>
    public string File { get; }

    public void Dispose()
    {
        Certificate.Dispose();
        _folder.Delete(recursive: true);
    }
}
