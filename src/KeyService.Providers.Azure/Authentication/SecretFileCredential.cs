using Azure.Core;
using Azure.Identity;

namespace KeyService.Providers.Azure.Authentication;

/// <summary>A client secret out of a file, read anew for each token, so that an exchanged secret needs no restart.</summary>
internal sealed class SecretFileCredential(string tenant, string client, string file, ClientSecretCredentialOptions options) : TokenCredential
{
    private volatile Known? _last;

    public override async ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        await Current(await ReadAsync(cancellationToken)).GetTokenAsync(requestContext, cancellationToken);

    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>The same one while the secret stays, for it caches tokens. Two at once may each make one, which harms nothing.</summary>
    private ClientSecretCredential Current(string secret)
    {
        if (_last is { } last && last.Secret == secret)
            return last.Credential;
        var credential = new ClientSecretCredential(tenant, client, secret, options);
        _last = new Known(secret, credential);
        return credential;
    }

    private async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var text = await File.ReadAllTextAsync(file, cancellationToken);
            var secret = text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
            return secret.Length > 0 ? secret : throw Failures.Rejected("ClientSecretFile is empty.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failures.Rejected("ClientSecretFile cannot be read.", exception);
        }
    }

    private sealed record Known(string Secret, ClientSecretCredential Credential);
}
