using System.Text;
using System.Text.Json;
using KeyService.Core.Signing;
using KeyService.Server.Access.Decisions;
using KeyService.Server.Access.Policies;

namespace KeyService.Fuzz.Targets;

/// <summary>The claims of a token, as SignJwt and the policy read them.</summary>
internal static class JwtClaims
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = Claims.MaxDepth };

    private static readonly ClaimsPolicy Policy = new()
    {
        Issuers = ["https://id.example.com"],
        Subjects = ["user-*"],
        Audiences = ["api", "b"],
        Required = ["jti"],
        Forbidden = ["admin"],
        MaxLifetime = TimeSpan.FromDays(400),
    };

    public static IReadOnlyList<byte[]> Examples { get; } =
    [
        .. new[]
        {
            """{"iss":"https://id.example.com","sub":"user-7","aud":["api","b"],"exp":1893456000,"nbf":1893452400,"iat":1893452400.25,"jti":"1"}""",
            """{"exp":1893456000.5,"aud":"api","scope":"a b","nested":{"a":[1,{"b":null}],"c":"\u00e9\ud83d\ude00"}}""",
            """{ "exp" : 1.8e9, "exp2" : [[[[[[[[[[[[[[]]]]]]]]]]]]]] }""",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    public static bool Take(byte[] input)
    {
        var claims = Claims.Read(input);
        // The platform's reader judges the same: what it would not take, or takes otherwise, a verifier might not.
        using var document = JsonDocument.Parse(input, Strict);
        var expiry = document.RootElement.GetProperty("exp");
        Rule.Holds(Math.Abs(expiry.GetDouble() - claims.ExpiresAt.ToUnixTimeSeconds()) <= 1 && claims.ExpiresAt.ToUnixTimeSeconds() >= Math.Floor(expiry.GetDouble()), "exp is read otherwise than it stands there");
        Rule.Holds(!document.RootElement.TryGetProperty("iss", out var issuer) || issuer.GetString() == claims.Issuer, "iss is read otherwise than it stands there");
        ClaimsCheck.FindFault(Policy, Encoding.UTF8.GetString(input), "JWT", DateTimeOffset.UnixEpoch.AddSeconds(1893450000));
        return true;
    }
}
