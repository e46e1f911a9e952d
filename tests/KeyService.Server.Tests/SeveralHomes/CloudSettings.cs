using KeyService.Testing.Aws;
using KeyService.Testing.Azure;

namespace KeyService.Server.Tests.SeveralHomes;

/// <summary>Settings of providers on the protocol servers of the tests.</summary>
internal static class CloudSettings
{
    public static (string Key, string Value)[] Of(AwsKmsServer kms, string name = "aws") =>
    [
        ($"Providers:{name}:Type", "AwsKms"),
        ($"Providers:{name}:Region", AwsKmsServer.Region),
        ($"Providers:{name}:Endpoint", kms.Endpoint.OriginalString),
    ];

    /// <summary>The provider <c>vault</c>, signed in at the vault's own authority.</summary>
    public static (string Key, string Value)[] Of(KeyVaultServer vault)
    {
        var secret = vault.CertificateFile + ".secret"; // goes with the server
        Secrets.Write(secret, vault.Issuer.ClientSecret);
        return
        [
            ("Providers:vault:Type", "AzureKeyVault"),
            ("Providers:vault:VaultUri", vault.Url.AbsoluteUri),
            ("Providers:vault:Authority", vault.Url.AbsoluteUri),
            ("Providers:vault:TenantId", vault.Issuer.TenantId),
            ("Providers:vault:ClientId", vault.Issuer.ClientId),
            ("Providers:vault:ClientSecretFile", secret),
            ("Providers:vault:TrustedCertificateFile", vault.CertificateFile),
            ("Providers:vault:TokenResource", "https://vault.azure.net"),
        ];
    }
}
