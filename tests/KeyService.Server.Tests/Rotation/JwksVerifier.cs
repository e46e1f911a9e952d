using System.Net;
using System.Net.Http.Headers;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace KeyService.Server.Tests.Rotation;

/// <summary>
/// A resource server's verifier: it fetches the JWKS over HTTP, keeps it as long as it is told to, asks again with the entity
/// tag, and verifies with a library that is not ours.
/// </summary>
/// <param name="keep">How long it keeps a JWKS; null for as long as Cache-Control allows.</param>
/// <param name="unknownKidPause">An unknown kid makes it fetch anew, but no sooner than this after the last fetch; null for never.</param>
internal sealed class JwksVerifier(HttpClient http, string path, TimeProvider time, TimeSpan? keep = null, TimeSpan? unknownKidPause = null)
{
    private static readonly JsonWebTokenHandler Handler = new();
    private Dictionary<string, JsonWebKey> _keys = [];
    private EntityTagHeaderValue? _etag;
    private DateTimeOffset _fetched;
    private DateTimeOffset _until = DateTimeOffset.MinValue;

    public int Fetches { get; private set; }

    public int NotModified { get; private set; }

    /// <summary>What is wrong with a token whose life is not over; null where it verifies.</summary>
    /// <exception cref="HttpRequestException">The JWKS could not be fetched, and the copy at hand does not hold the key.</exception>
    public async Task<string?> FaultOfAsync(string jwt, CancellationToken cancellationToken)
    {
        var kid = new JsonWebToken(jwt).Kid;
        if (time.GetUtcNow() >= _until)
            await FetchAsync(kid, cancellationToken);
        if (!_keys.ContainsKey(kid) && time.GetUtcNow() - _fetched >= unknownKidPause)
            await FetchAsync(kid, cancellationToken);
        if (!_keys.TryGetValue(kid, out var key))
            return $"kid {kid} is unknown to a JWKS of {_fetched:O}, kept until {_until:O}";

        var result = await Handler.ValidateTokenAsync(jwt, new TokenValidationParameters
        {
            IssuerSigningKey = key,
#pragma warning disable CA5404 // only the signature is in question; the test keeps to the tokens' life by its own clock, which the library does not know
            ValidateIssuer = false,
            ValidateAudience = false,
            ValidateLifetime = false,
#pragma warning restore CA5404
        });
        return result.IsValid ? null : $"kid {kid}: {result.Exception.Message}";
    }

    private async Task FetchAsync(string wanted, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (_etag is not null)
            request.Headers.IfNoneMatch.Add(_etag);
        try
        {
            var asked = time.GetUtcNow(); // age counts from the question, not from the answer
            using var response = await http.SendAsync(request, cancellationToken);
            if (response.StatusCode == HttpStatusCode.NotModified)
                NotModified++;
            else
                await TakeAsync(response.EnsureSuccessStatusCode(), cancellationToken);
            Fetches++;
            _fetched = asked;
            _until = asked + (keep ?? response.Headers.CacheControl?.MaxAge ?? TimeSpan.Zero);
        }
        catch (HttpRequestException) when (_keys.ContainsKey(wanted))
        {
            // A server that is away for a moment: RFC 5861 §4 lets the stale copy serve.
        }
    }

    private async Task TakeAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var json = await response.Content.ReadAsStringAsync(cancellationToken);
        _keys = new JsonWebKeySet(json).Keys.ToDictionary(key => key.Kid);
        _etag = response.Headers.ETag;
    }
}
