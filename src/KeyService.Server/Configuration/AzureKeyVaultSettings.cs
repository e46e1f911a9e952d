using KeyService.Providers.Azure;

namespace KeyService.Server.Configuration;

/// <summary>Reads section <c>Providers:&lt;name&gt;</c> of type <c>AzureKeyVault</c>.</summary>
internal static class AzureKeyVaultSettings
{
    public static AzureKeyVaultOptions Read(SettingsReader section)
    {
        var before = new AzureKeyVaultOptions();
        var options = new AzureKeyVaultOptions
        {
            VaultUri = Url(section.RequiredText("VaultUri")),
            HardwareKeys = section.Flag("HardwareKeys"),
            Authority = Url(section.Text("Authority")),
            TenantId = section.Text("TenantId"),
            ClientId = section.Text("ClientId"),
            ClientSecretFile = section.SecretFile("ClientSecretFile", required: false),
            ClientCertificateFile = section.SecretFile("ClientCertificateFile", required: false),
            ManagedIdentityClientId = section.Text("ManagedIdentityClientId"),
            TokenResource = Url(section.Text("TokenResource")),
            TrustedCertificateFile = section.Text("TrustedCertificateFile"),
            PurgeOnDestroy = section.Flag("PurgeOnDestroy"),
            RequestTimeout = section.Duration("RequestTimeout", before.RequestTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)),
            KeyRequestTimeout = section.Duration("KeyRequestTimeout", before.KeyRequestTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(30)),
        };
        section.Problems(AzureKeyVaultOptionsRules.Problems(options));
        return options;
    }

    /// <summary>What is no URL at all becomes a relative one, which the rules refuse.</summary>
    private static Uri? Url(string? text) =>
        string.IsNullOrEmpty(text) ? null : Uri.TryCreate(text, UriKind.Absolute, out var url) ? url : new Uri("", UriKind.Relative);
}
