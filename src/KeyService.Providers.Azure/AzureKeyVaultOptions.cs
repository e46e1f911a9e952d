using System.ComponentModel.DataAnnotations;

namespace KeyService.Providers.Azure;

/// <summary>
/// One Azure Key Vault or Managed HSM. Without credential settings the usual chain of Azure.Identity is used: environment,
/// workload identity, managed identity, then a developer's own sign-in.
/// </summary>
public sealed class AzureKeyVaultOptions
{
    /// <summary>Address of the vault, such as <c>https://myvault.vault.azure.net</c> or <c>https://myhsm.managedhsm.azure.net</c>. Required.</summary>
    [Required]
    public Uri? VaultUri { get; set; }

    /// <summary>
    /// Keys in hardware: types RSA-HSM and EC-HSM, which a premium vault and a Managed HSM have. A Managed HSM has no others.
    /// Default: false.
    /// </summary>
    public bool HardwareKeys { get; set; }

    /// <summary>
    /// The login authority, such as <c>https://login.microsoftonline.us/</c>; one outside of Azure's public clouds is used without
    /// instance discovery. Default: Azure's worldwide cloud.
    /// </summary>
    public Uri? Authority { get; set; }

    /// <summary>Tenant of the credential. Needed with <see cref="ClientSecretFile"/> and <see cref="ClientCertificateFile"/>. Default: as the vault names it.</summary>
    public string? TenantId { get; set; }

    /// <summary>Application (client) id. Needed with <see cref="ClientSecretFile"/> and <see cref="ClientCertificateFile"/>.</summary>
    public string? ClientId { get; set; }

    /// <summary>
    /// File that holds the client secret; one line break at its end does not count. Read for each new token, so a changed secret
    /// needs no restart.
    /// </summary>
    public string? ClientSecretFile { get; set; }

    /// <summary>File that holds the client's certificate with its private key, PEM or PKCS#12 without password.</summary>
    public string? ClientCertificateFile { get; set; }

    /// <summary>Client id of a user-assigned managed identity, which is then the only credential.</summary>
    public string? ManagedIdentityClientId { get; set; }

    /// <summary>
    /// The one resource for which tokens may be asked, such as <c>https://vault.azure.net</c>. The vault itself names a resource;
    /// unless this setting pins it, the vault's host must lie in the resource's domain. Needed for a private host name
    /// or an emulator, else a server in the vault's place could ask for tokens that open other services. Default: none.
    /// </summary>
    public Uri? TokenResource { get; set; }

    /// <summary>
    /// PEM file of certificates that are trusted besides the system's own, for private endpoints and emulators. Host names and
    /// dates are checked nevertheless. Read at first use. Default: none.
    /// </summary>
    public string? TrustedCertificateFile { get; set; }

    /// <summary>
    /// Purges a destroyed key at once, which cannot be undone and needs the purge permission. Otherwise the vault keeps it for its
    /// retention (7 to 90 days) as a deleted key that can be recovered. Default: false.
    /// </summary>
    public bool PurgeOnDestroy { get; set; }

    /// <summary>How long one request to the vault may take, a new token included. 100 ms to 5 min, default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The same limit for making a key, which is slower: RSA-4096 takes hardware a while. 1 s to 30 min, default 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:30:00")]
    public TimeSpan KeyRequestTimeout { get; set; } = TimeSpan.FromMinutes(1);
}
