namespace KeyService.Providers.Azure;

/// <summary>The rules of <see cref="AzureKeyVaultOptions"/>, told in sentences that begin with the setting.</summary>
public static class AzureKeyVaultOptionsRules
{
    /// <summary>Every mistake in <paramref name="options"/>; empty where there is none. Looks at no file.</summary>
    public static IEnumerable<string> Problems(AzureKeyVaultOptions options)
    {
        if (!IsHttps(options.VaultUri, needsRoot: true))
            yield return $"{nameof(options.VaultUri)} must be an https address without path, such as https://myvault.vault.azure.net.";
        if (options.Authority is { } authority && !IsHttps(authority, needsRoot: true))
            yield return $"{nameof(options.Authority)} must be an https address without path, such as https://login.microsoftonline.com.";
        if (options.TokenResource is { } resource && !IsHttps(resource, needsRoot: false))
            yield return $"{nameof(options.TokenResource)} must be an https address, such as https://vault.azure.net.";
        if (options.RequestTimeout < TimeSpan.FromMilliseconds(100) || options.RequestTimeout > TimeSpan.FromMinutes(5))
            yield return $"{nameof(options.RequestTimeout)} must be between 100 ms and 5 min.";
        if (options.KeyRequestTimeout < TimeSpan.FromSeconds(1) || options.KeyRequestTimeout > TimeSpan.FromMinutes(30))
            yield return $"{nameof(options.KeyRequestTimeout)} must be between 1 s and 30 min.";
        foreach (var problem in CredentialProblems(options).Concat(EmptyTexts(options)))
            yield return problem;
    }

    private static IEnumerable<string> CredentialProblems(AzureKeyVaultOptions options)
    {
        var credential = options.ClientSecretFile is not null ? nameof(options.ClientSecretFile)
            : options.ClientCertificateFile is not null ? nameof(options.ClientCertificateFile)
            : null;
        if (options.ClientSecretFile is not null && options.ClientCertificateFile is not null)
            yield return $"{nameof(options.ClientCertificateFile)} must be left out where {nameof(options.ClientSecretFile)} is set.";
        if (credential is not null && options.ManagedIdentityClientId is not null)
            yield return $"{nameof(options.ManagedIdentityClientId)} must be left out where {credential} is set.";
        if (credential is not null && string.IsNullOrEmpty(options.TenantId))
            yield return $"{nameof(options.TenantId)} must be set with {credential}.";
        if (credential is not null && string.IsNullOrEmpty(options.ClientId))
            yield return $"{nameof(options.ClientId)} must be set with {credential}.";
        if (credential is null && options.ClientId is not null)
            yield return $"{nameof(options.ClientId)} must come with {nameof(options.ClientSecretFile)} or {nameof(options.ClientCertificateFile)}.";
    }

    private static IEnumerable<string> EmptyTexts(AzureKeyVaultOptions options)
    {
        (string Name, string? Value)[] texts =
        [
            (nameof(options.TenantId), options.TenantId),
            (nameof(options.ClientId), options.ClientId),
            (nameof(options.ClientSecretFile), options.ClientSecretFile),
            (nameof(options.ClientCertificateFile), options.ClientCertificateFile),
            (nameof(options.ManagedIdentityClientId), options.ManagedIdentityClientId),
            (nameof(options.TrustedCertificateFile), options.TrustedCertificateFile),
        ];
        return texts.Where(static text => text.Value is "").Select(static text => $"{text.Name} must not be empty.");
    }

    private static bool IsHttps(Uri? url, bool needsRoot) =>
        url is { IsAbsoluteUri: true } && url.Scheme == Uri.UriSchemeHttps && url.UserInfo.Length == 0
        && url.Query.Length == 0 && url.Fragment.Length == 0 && (!needsRoot || url.AbsolutePath == "/");
}
