using Azure.Core;
using KeyService.Providers.Azure;
using KeyService.Testing.Azure;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Providers.Tests.Azure;

/// <summary>Providers on a protocol server, signed in for real: Azure.Identity gets its tokens from the server's own authority.</summary>
internal static class TestVaults
{
    public static AzureKeyVaultOptions Options(KeyVaultServer server, string resource = "https://vault.azure.net")
    {
        var secret = server.CertificateFile + ".secret";
        File.WriteAllText(secret, server.Issuer.ClientSecret + "\n");
        return new AzureKeyVaultOptions
        {
            VaultUri = server.Url,
            Authority = server.Url,
            TenantId = server.Issuer.TenantId,
            ClientId = server.Issuer.ClientId,
            ClientSecretFile = secret,
            TokenResource = new Uri(resource),
            TrustedCertificateFile = server.CertificateFile,
        };
    }

    public static AzureKeyVaultKeyProvider Provider(
        KeyVaultServer server, TimeProvider time, Action<AzureKeyVaultOptions>? change = null, TokenCredential? credential = null)
    {
        var options = Options(server);
        change?.Invoke(options);
        return new AzureKeyVaultKeyProvider("azure", options, NullLogger<AzureKeyVaultKeyProvider>.Instance, time, credential, connect: null);
    }
}
