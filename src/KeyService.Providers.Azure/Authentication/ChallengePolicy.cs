using System.Text;
using Azure.Core;
using Azure.Core.Pipeline;

namespace KeyService.Providers.Azure.Authentication;

/// <summary>
/// Learns from the vault's 401 what token it wants. The request that provokes it carries neither body nor token, so nothing
/// goes to a server before its claim to a resource was checked. Tokens are cached and renewed by the class below this one.
/// </summary>
/// <param name="sendsTenant">False where the credential has a tenant of its own.</param>
internal sealed class ChallengePolicy(TokenCredential credential, Uri vault, Uri? pinnedResource, bool sendsTenant)
    : BearerTokenAuthenticationPolicy(credential, Array.Empty<string>())
{
    private volatile BearerChallenge? _known;

    protected override async ValueTask AuthorizeRequestAsync(HttpMessage message)
    {
        if (_known is { } known)
        {
            await AuthenticateAndAuthorizeRequestAsync(message, Context(message, known));
            return;
        }

        if (message.Request.Content is { } content)
            message.SetProperty(typeof(ChallengePolicy), content);
        message.Request.Content = null;
    }

    protected override async ValueTask<bool> AuthorizeRequestOnChallengeAsync(HttpMessage message)
    {
        if (message.TryGetProperty(typeof(ChallengePolicy), out var content))
            message.Request.Content = (RequestContent)content!;
        if (!message.Response.Headers.TryGetValue("WWW-Authenticate", out var header) || BearerChallenge.Parse(header) is not { } challenge)
            return false;
        if (!challenge.MayBeAnswered(vault, pinnedResource))
            throw Failures.Rejected("The vault asks for a token of a resource that is not its own. See TokenResource.");

        var refused = message.Request.Headers.Contains("Authorization");
        if (refused && challenge == _known)
            return false; // the very token that it asked for was refused
        _known = challenge with { Claims = null };
        await AuthenticateAndAuthorizeRequestAsync(message, Context(message, challenge));
        return true;
    }

    // The client knows no synchronous calls.
    protected override void AuthorizeRequest(HttpMessage message) => throw new NotSupportedException();

    protected override bool AuthorizeRequestOnChallenge(HttpMessage message) => throw new NotSupportedException();

    private TokenRequestContext Context(HttpMessage message, BearerChallenge challenge) => new(
        [challenge.Scope], message.Request.ClientRequestId, Decoded(challenge.Claims), sendsTenant ? challenge.Tenant : null, isCaeEnabled: true);

    private static string? Decoded(string? claims)
    {
        Span<byte> bytes = stackalloc byte[(claims?.Length ?? 0) > 4096 ? 0 : claims?.Length ?? 0];
        return claims is not null && Convert.TryFromBase64String(claims, bytes, out var written) ? Encoding.UTF8.GetString(bytes[..written]) : null;
    }
}
