using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;

namespace KeyService.Providers.Azure.Authentication;

/// <summary>The credential that the settings name.</summary>
internal static class Credentials
{
    private static readonly Uri[] AzureClouds =
        [AzureAuthorityHosts.AzurePublicCloud, AzureAuthorityHosts.AzureGovernment, AzureAuthorityHosts.AzureChina];

    public static TokenCredential Create(AzureKeyVaultOptions options, HttpPipelineTransport transport)
    {
        var authority = options.Authority ?? AzureAuthorityHosts.AzurePublicCloud;

        // Discovery asks Azure's public cloud about the authority, which knows nothing of a private one.
        var noDiscovery = !AzureClouds.Contains(authority);
        if (options is { ClientSecretFile: { } secret, TenantId: { } tenant, ClientId: { } client })
        {
            return new SecretFileCredential(
                tenant, client, secret, With(new ClientSecretCredentialOptions { DisableInstanceDiscovery = noDiscovery }, authority, transport));
        }

        if (options is { ClientCertificateFile: { } certificate, TenantId: { } tenantOfCertificate, ClientId: { } clientOfCertificate })
        {
            return new ClientCertificateCredential(
                tenantOfCertificate, clientOfCertificate, certificate,
                With(new ClientCertificateCredentialOptions { DisableInstanceDiscovery = noDiscovery, SendCertificateChain = true }, authority, transport));
        }

        if (options.ManagedIdentityClientId is { } identity)
            return new ManagedIdentityCredential(ManagedIdentityId.FromUserAssignedClientId(identity));

        var chain = new DefaultAzureCredentialOptions { AuthorityHost = authority, DisableInstanceDiscovery = noDiscovery, Transport = transport };
        if (options.TenantId is not null)
            chain.TenantId = options.TenantId;
        return new DefaultAzureCredential(chain);
    }

    /// <summary>Without retries: who calls the provider retries the whole.</summary>
    private static T With<T>(T credential, Uri authority, HttpPipelineTransport transport)
        where T : TokenCredentialOptions
    {
        credential.AuthorityHost = authority;
        credential.Transport = transport;
        credential.Retry.MaxRetries = 0;
        return credential;
    }
}
