using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace KeyService.Server.Tests.Access;

/// <summary>A certificate authority made at run time.</summary>
internal sealed class TestAuthority : IDisposable
{
    public const string ServerUse = "1.3.6.1.5.5.7.3.1";
    public const string ClientUse = "1.3.6.1.5.5.7.3.2";
    private readonly X509Certificate2 _root;

    public TestAuthority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        _root = request.CreateSelfSigned(Now.AddDays(-2), Now.AddDays(2));
    }

    public string RootPem => _root.ExportCertificatePem();

    /// <summary>Trusts what it issued, and nothing else.</summary>
    public X509ChainPolicy ChainPolicy()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(_root);
        return policy;
    }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow(); // TLS looks at real time

    /// <param name="use">Extended key usage; null for none.</param>
    /// <param name="age">How long ago it ended; null for one that is valid.</param>
    public X509Certificate2 Issue(string subject, string[]? uris = null, string[]? names = null, string? use = ClientUse, TimeSpan? age = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, false, 0, critical: true));
        if (use is not null)
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], critical: false));
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var uri in uris ?? [])
            alternatives.AddUri(new Uri(uri));
        foreach (var name in names ?? [])
            alternatives.AddDnsName(name);
        if (use == ServerUse)
        {
            alternatives.AddIpAddress(System.Net.IPAddress.Loopback);
            alternatives.AddDnsName("localhost");
        }

        if (use == ServerUse || uris is not null || names is not null)
            request.CertificateExtensions.Add(alternatives.Build());
        var end = age is null ? Now.AddDays(1) : Now - age.Value;
        using var certificate = request.Create(_root, Now.AddDays(-1), end, RandomNumberGenerator.GetBytes(16));
        using var withKey = certificate.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), password: null, X509KeyStorageFlags.Exportable);
    }

    public void Dispose() => _root.Dispose();
}
