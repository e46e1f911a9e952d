using KeyService.Providers.Azure;
using KeyService.Providers.Azure.Keys;

namespace KeyService.Providers.Tests.Azure;

public sealed class SettingsRulesTests
{
    private static readonly Uri Vault = new("https://my.vault.azure.net");

    public static TheoryData<AzureKeyVaultOptions, string> Wrong => new()
    {
        { new AzureKeyVaultOptions(), "VaultUri" },
        { new AzureKeyVaultOptions { VaultUri = new Uri("http://my.vault.azure.net") }, "VaultUri" },
        { new AzureKeyVaultOptions { VaultUri = new Uri("my.vault.azure.net", UriKind.Relative) }, "VaultUri" },
        { new AzureKeyVaultOptions { VaultUri = new Uri("https://my.vault.azure.net/keys") }, "VaultUri" },
        { new AzureKeyVaultOptions { VaultUri = Vault, Authority = new Uri("http://login.example") }, "Authority" },
        { new AzureKeyVaultOptions { VaultUri = Vault, TokenResource = new Uri("vault", UriKind.Relative) }, "TokenResource" },
        { new AzureKeyVaultOptions { VaultUri = Vault, RequestTimeout = TimeSpan.FromMilliseconds(99) }, "RequestTimeout" },
        { new AzureKeyVaultOptions { VaultUri = Vault, KeyRequestTimeout = TimeSpan.FromHours(1) }, "KeyRequestTimeout" },
        { new AzureKeyVaultOptions { VaultUri = Vault, TenantId = "t", ClientSecretFile = "/s" }, "ClientId" },
        { new AzureKeyVaultOptions { VaultUri = Vault, ClientId = "c", ClientCertificateFile = "/c" }, "TenantId" },
        { new AzureKeyVaultOptions { VaultUri = Vault, ClientId = "c" }, "ClientId" },
        { new AzureKeyVaultOptions { VaultUri = Vault, TenantId = "t", ClientId = "c", ClientSecretFile = "/s", ClientCertificateFile = "/c" }, "ClientCertificateFile" },
        { new AzureKeyVaultOptions { VaultUri = Vault, TenantId = "t", ClientId = "c", ClientSecretFile = "/s", ManagedIdentityClientId = "m" }, "ManagedIdentityClientId" },
        { new AzureKeyVaultOptions { VaultUri = Vault, TrustedCertificateFile = "" }, "TrustedCertificateFile" },
    };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public void A_wrong_setting_is_named(AzureKeyVaultOptions options, string setting) =>
        Assert.StartsWith(setting + " must ", Assert.Single(AzureKeyVaultOptionsRules.Problems(options)), StringComparison.Ordinal);

    [Fact]
    public void Right_settings_have_no_problems()
    {
        Assert.Empty(AzureKeyVaultOptionsRules.Problems(new AzureKeyVaultOptions { VaultUri = Vault }));
        Assert.Empty(AzureKeyVaultOptionsRules.Problems(new AzureKeyVaultOptions { VaultUri = Vault, ManagedIdentityClientId = "m" }));
        Assert.Empty(AzureKeyVaultOptionsRules.Problems(new AzureKeyVaultOptions { VaultUri = Vault, TenantId = "t", ClientId = "c", ClientCertificateFile = "/c" }));
    }

    [Fact]
    public void Names_of_keys_follow_the_vaults_rule_and_differ_where_labels_do()
    {
        var longest = new string('/', 128);
        string[] labels = ["a", "a/b", "a.b", "a_b", "a-b", longest, longest[..127]];
        var names = labels.Select(KeyLabel.NameFor).ToArray();
        Assert.All(names, static name => Assert.Matches("^[0-9a-zA-Z-]{1,127}$", name));
        Assert.Equal(labels.Length, names.Distinct().Count());
        Assert.Equal("keyservice-default-01-", KeyLabel.NameFor("keyservice/default/01")[..22]);
    }
}
