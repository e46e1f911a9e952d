using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace KeyService.Testing.Azure;

/// <summary>
/// The login authority: client credentials for tokens (OAuth 2.0 client credentials flow on the Microsoft identity platform), and
/// the metadata by which MSAL finds the endpoint. Tokens are opaque here; only the vault looks into them.
/// </summary>
public sealed class TokenIssuer(KeyVaultSettings settings, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, (string Audience, DateTimeOffset Expires)> _tokens = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _revoked = new(StringComparer.Ordinal);
    private int _issued;

    public string TenantId { get; } = Guid.NewGuid().ToString();

    public string ClientId { get; } = Guid.NewGuid().ToString();

    public string ClientSecret { get; set; } = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24));

    /// <summary>Tokens issued so far.</summary>
    public int Issued => Volatile.Read(ref _issued);

    /// <summary>Answers token requests with this status, as when the login service is away; null to work.</summary>
    public int? FailsWith { get; set; }

    /// <summary>A token for a resource, without any request.</summary>
    public string Issue(string resource)
    {
        Interlocked.Increment(ref _issued);
        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        _tokens[token] = (resource, clock.GetUtcNow() + settings.TokenLifetime);
        return token;
    }

    /// <summary>Every token so far is worth nothing more, as after an incident; the vault says so by a claims challenge.</summary>
    public void RevokeAll()
    {
        foreach (var token in _tokens.Keys)
            _revoked.TryAdd(token, 0);
        _tokens.Clear();
    }

    internal bool IsRevoked(string token) => _revoked.ContainsKey(token);

    internal bool IsValid(string token) =>
        _tokens.TryGetValue(token, out var found) && found.Audience == settings.Resource && clock.GetUtcNow() < found.Expires;

    internal bool Owns(PathString path) => path.StartsWithSegments("/" + TenantId, StringComparison.Ordinal);

    internal async Task<(int Status, JsonObject Body)> AnswerAsync(HttpContext context, string address)
    {
        var authority = $"{address}/{TenantId}";
        var path = context.Request.Path.Value![(TenantId.Length + 1)..]; // the caller has asked Owns
        return (context.Request.Method, path) switch
        {
            ("GET", "/v2.0/.well-known/openid-configuration") => (200, new JsonObject
            {
                ["issuer"] = $"{authority}/v2.0",
                ["authorization_endpoint"] = $"{authority}/oauth2/v2.0/authorize",
                ["token_endpoint"] = $"{authority}/oauth2/v2.0/token",
            }),
            ("POST", "/oauth2/v2.0/token") when FailsWith is { } status => (status, Error("temporarily_unavailable")),
            ("POST", "/oauth2/v2.0/token") => Grant(await context.Request.ReadFormAsync(context.RequestAborted)),
            _ => (404, Error("not_found")),
        };
    }

    private (int Status, JsonObject Body) Grant(IFormCollection form)
    {
        if (form["grant_type"] != "client_credentials")
            return (400, Error("unsupported_grant_type"));
        if (form["client_id"] != ClientId || form["client_secret"] != ClientSecret)
            return (401, Error("invalid_client"));
        var scope = form["scope"].ToString().Split(' ').FirstOrDefault(static part => part.EndsWith("/.default", StringComparison.Ordinal));
        if (scope is null)
            return (400, Error("invalid_scope"));
        return (200, new JsonObject
        {
            ["token_type"] = "Bearer",
            ["expires_in"] = (int)settings.TokenLifetime.TotalSeconds,
            ["access_token"] = Issue(scope[..^"/.default".Length]),
        });
    }

    private static JsonObject Error(string code) => new() { ["error"] = code, ["error_description"] = $"The request was refused: {code}." };
}
