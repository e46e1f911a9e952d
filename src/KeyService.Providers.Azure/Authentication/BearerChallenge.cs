using System.Text.RegularExpressions;

namespace KeyService.Providers.Azure.Authentication;

/// <summary>What a 401 asks for: https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses.</summary>
/// <param name="Scope">The scope of the token, <c>{resource}/.default</c>.</param>
/// <param name="Tenant">The tenant of the vault, the last part of the authority's address; null where it names none.</param>
/// <param name="Claims">Base64 of the claims of continuous access evaluation; null where the token was not refused for them.</param>
internal sealed partial record BearerChallenge(string Scope, string? Tenant, string? Claims)
{
    /// <summary>Null where the header holds no Bearer challenge that names a resource or scope.</summary>
    public static BearerChallenge? Parse(string header)
    {
        var start = header.IndexOf("Bearer ", StringComparison.OrdinalIgnoreCase);
        if (start < 0)
            return null;
        var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (Match match in Parameter().Matches(header[(start + "Bearer ".Length)..]))
            parameters.TryAdd(match.Groups["name"].Value, match.Groups["value"].Value);

        var scope = parameters.GetValueOrDefault("scope") ?? (parameters.GetValueOrDefault("resource") is { Length: > 0 } resource ? $"{resource.TrimEnd('/')}/.default" : null);
        var authority = parameters.GetValueOrDefault("authorization") ?? parameters.GetValueOrDefault("authorization_uri");
        var tenant = Uri.TryCreate(authority, UriKind.Absolute, out var url) && url.AbsolutePath.Split('/') is ["", { Length: > 0 } first, ..] ? first : null;
        return scope is { Length: > 0 } ? new BearerChallenge(scope, tenant, parameters.GetValueOrDefault("claims")) : null;
    }

    /// <summary>
    /// Whether a token for this scope may be sent to the vault. Else anyone who answers in the vault's place could collect
    /// tokens for other services: https://aka.ms/azsdk/blog/vault-uri.
    /// </summary>
    /// <param name="pinned">The one resource that is allowed; null to go by the vault's domain.</param>
    public bool MayBeAnswered(Uri vault, Uri? pinned)
    {
        if (!Uri.TryCreate(Scope, UriKind.Absolute, out var scope) || scope.Scheme != Uri.UriSchemeHttps)
            return false;
        return pinned is null
            ? vault.Host.EndsWith('.' + scope.Host, StringComparison.OrdinalIgnoreCase)
            : string.Equals(Scope, $"{pinned.AbsoluteUri.TrimEnd('/')}/.default", StringComparison.OrdinalIgnoreCase);
    }

    [GeneratedRegex("(?<name>[A-Za-z_]+)\\s*=\\s*\"(?<value>[^\"]*)\"", RegexOptions.CultureInvariant)]
    private static partial Regex Parameter();
}
