using KeyService.Providers.Azure;
using KeyService.Server.Configuration;
using Microsoft.Extensions.Configuration;

namespace KeyService.Server.Tests.Configuration;

public sealed class AzureKeyVaultSettingsTests
{
    private const string Section = "KeyService:Providers:vault:";

    private static readonly Dictionary<string, string?> Right = new()
    {
        [Section + "Type"] = "AzureKeyVault",
        [Section + "VaultUri"] = "https://my.vault.azure.net",
    };

    [Theory]
    [InlineData("VaultUri", null, "is missing")]
    [InlineData("VaultUri", "", "must not be empty")]
    [InlineData("VaultUri", "my.vault.azure.net", "must be an https address")]
    [InlineData("VaultUri", "http://my.vault.azure.net", "must be an https address")]
    [InlineData("VaultUri", "https://", "must be an https address")]
    [InlineData("VaultUri", "https://my.vault.azure.net/keys/a", "must be an https address without path")]
    [InlineData("HardwareKeys", "yes", "must be true or false")]
    [InlineData("Authority", "login.microsoftonline.com", "must be an https address")]
    [InlineData("TokenResource", "vault", "must be an https address")]
    [InlineData("TenantId", "", "must not be empty")]
    [InlineData("ClientId", "id", "must come with ClientSecretFile or ClientCertificateFile")]
    [InlineData("ClientSecret", "hunter2", "is unknown")]
    [InlineData("TrustedCertificateFile", "", "must not be empty")]
    [InlineData("PurgeOnDestroy", "1", "must be true or false")]
    [InlineData("RequestTimeout", "99ms", "must be a duration from 100ms to 5m")]
    [InlineData("KeyRequestTimeout", "1h", "must be a duration from 1s to 30m")]
    public void A_wrong_value_is_refused_once_and_by_its_name(string key, string? value, string problem)
    {
        var values = new Dictionary<string, string?>(Right) { [Section + key] = value };
        if (value is null)
            values.Remove(Section + key);
        var found = Assert.Single(Assert.Throws<SettingsException>(() => Read(values)).Problems);
        Assert.StartsWith($"{Section}{key} {problem}", found, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", found, StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_without_its_owner_names_what_is_missing()
    {
        var problems = Assert.Throws<SettingsException>(() => Read(new(Right) { [Section + "ClientSecretFile"] = "/run/secret" })).Problems;
        Assert.Equal([$"{Section}TenantId must be set with ClientSecretFile", $"{Section}ClientId must be set with ClientSecretFile"], problems);
    }

    [Fact]
    public void Right_values_and_defaults_are_taken_as_written()
    {
        var least = Read(Right);
        var defaults = new AzureKeyVaultOptions();
        Assert.Equal(new Uri("https://my.vault.azure.net"), least.VaultUri);
        Assert.Equal((false, false, null), (least.HardwareKeys, least.PurgeOnDestroy, least.TokenResource));
        Assert.Equal((defaults.RequestTimeout, defaults.KeyRequestTimeout), (least.RequestTimeout, least.KeyRequestTimeout));

        var full = Read(new(Right)
        {
            [Section + "HardwareKeys"] = "true",
            [Section + "PurgeOnDestroy"] = "true",
            [Section + "Authority"] = "https://login.microsoftonline.us",
            [Section + "TenantId"] = "tenant",
            [Section + "ClientId"] = "client",
            [Section + "ClientCertificateFile"] = "/run/client.pem",
            [Section + "TokenResource"] = "https://vault.usgovcloudapi.net",
            [Section + "TrustedCertificateFile"] = "/run/roots.pem",
            [Section + "RequestTimeout"] = "3s",
        });
        Assert.Equal((true, true, new Uri("https://vault.usgovcloudapi.net")), (full.HardwareKeys, full.PurgeOnDestroy, full.TokenResource));
        Assert.Equal(("tenant", "client", "/run/client.pem", "/run/roots.pem"), (full.TenantId, full.ClientId, full.ClientCertificateFile, full.TrustedCertificateFile));
        Assert.Equal((new Uri("https://login.microsoftonline.us"), TimeSpan.FromSeconds(3)), (full.Authority, full.RequestTimeout));
    }

    private static AzureKeyVaultOptions Read(Dictionary<string, string?> values)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(values).Build();
        return Assert.IsType<AzureKeyVaultOptions>(Assert.Single(SettingsLoader.Check(configuration, DateTimeOffset.UnixEpoch).Providers).Options);
    }
}
