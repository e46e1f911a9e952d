using Azure.Core;
using KeyService.Testing.Azure;

namespace KeyService.Providers.Tests.Azure;

/// <summary>Tokens whose end is told as being so near that each request needs a new one.</summary>
internal sealed class ShortLivedCredential(KeyVaultServer server) : TokenCredential
{
    public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        ValueTask.FromResult(GetToken(requestContext, cancellationToken));

    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        new(server.Issuer.Issue(requestContext.Scopes[0].Replace("/.default", "", StringComparison.Ordinal)), TimeProvider.System.GetUtcNow().AddSeconds(1));
}
