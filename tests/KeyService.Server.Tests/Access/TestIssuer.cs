using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace KeyService.Server.Tests.Access;

/// <summary>An issuer of bearer tokens with one key at a time.</summary>
internal sealed class TestIssuer(string issuer) : IDisposable
{
    public const string Audience = "keyservice";
    private ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public string Issuer => issuer;

    public string Jwks
    {
        get
        {
            var jwk = JsonWebKeyConverter.ConvertFromECDsaSecurityKey(new ECDsaSecurityKey(_key) { KeyId = KeyId });
            return $$"""{"keys":[{"kty":"EC","crv":"P-256","use":"sig","kid":"{{KeyId}}","x":"{{jwk.X}}","y":"{{jwk.Y}}"}]}""";
        }
    }

    private string KeyId { get; set; } = "first";

    public void ReplaceKey(string keyId)
    {
        _key.Dispose();
        _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        KeyId = keyId;
    }

    /// <param name="claims">Members of the payload, over what a right token has; null leaves one out.</param>
    public string Token(params (string Name, object? Value)[] claims) => Sign(Payload(claims), new SigningCredentials(new ECDsaSecurityKey(_key) { KeyId = KeyId }, "ES256"));

    /// <summary>A token that takes the published key for a shared secret, as a careless verifier would.</summary>
    public string TokenByPublicKeyAsSecret() =>
        Sign(Payload(), new SigningCredentials(new SymmetricSecurityKey(_key.ExportSubjectPublicKeyInfo()) { KeyId = KeyId }, "HS256"));

    public string UnsignedToken() => Sign(Payload(), credentials: null);

    public void Dispose() => _key.Dispose();

    private Dictionary<string, object> Payload(params (string Name, object? Value)[] claims)
    {
        var payload = new Dictionary<string, object>
        {
            ["iss"] = issuer,
            ["sub"] = "rotator",
            ["aud"] = Audience,
            ["exp"] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 300, // the tokens' times are real ones
        };
        foreach (var (name, value) in claims)
        {
            if (value is null)
                payload.Remove(name);
            else
                payload[name] = value;
        }

        return payload;
    }

    private static string Sign(Dictionary<string, object> payload, SigningCredentials? credentials)
    {
        var handler = new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false };
        var json = System.Text.Json.JsonSerializer.Serialize(payload);
        return credentials is null ? handler.CreateToken(json) : handler.CreateToken(json, credentials);
    }
}
