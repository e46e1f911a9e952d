using System.IO.Enumeration;
using System.Text;
using System.Text.Json;
using KeyService.Core;
using KeyService.Core.Signing;
using KeyService.Server.Access.Policies;
using KeyService.Server.Configuration;

namespace KeyService.Server.Access.Decisions;

/// <summary>Holds a JWT's claims and type against a claims policy.</summary>
internal static class ClaimsCheck
{
    /// <returns>The first thing that is wrong; null where all is right.</returns>
    /// <exception cref="KeyServiceException">The claims are no claims that anyone could have signed.</exception>
    public static ClaimFault? FindFault(ClaimsPolicy policy, string claimsJson, string? type, DateTimeOffset now)
    {
        if (policy.Types is { } types && !types.Contains(string.IsNullOrEmpty(type) ? JwsHeader.DefaultType : type, StringComparer.OrdinalIgnoreCase))
            return new ClaimFault("typ", "its typ is not among those allowed");

        var utf8 = Encoding.UTF8.GetBytes(claimsJson);
        var claims = Claims.Read(utf8); // as strictly as the signer: so what is checked here is what is signed
        if (policy.MaxLifetime is { } longest && claims.ExpiresAt > now + longest)
            return Fault("exp", $"lies more than {DurationText.Format(longest)} ahead");
        using var document = JsonDocument.Parse(utf8);
        var json = document.RootElement;
        if (policy.Issuers is { } issuers && !(claims.Issuer is { } issuer && issuers.Contains(issuer, StringComparer.Ordinal)))
            return Fault("iss", "is not among those allowed");
        if (policy.Subjects is { } subjects && !(json.TryGetProperty("sub", out var sub) && sub.GetString() is { } text
            && subjects.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, text, ignoreCase: false))))
            return Fault("sub", "is not among those allowed");
        if (policy.Audiences is { } audiences && !(json.TryGetProperty("aud", out var aud) && AllAmong(aud, audiences)))
            return Fault("aud", "is not among those allowed");
        if (policy.Required.FirstOrDefault(name => !json.TryGetProperty(name, out _)) is { } missing)
            return Fault(missing, "is missing");
        return policy.Forbidden.FirstOrDefault(name => json.TryGetProperty(name, out _)) is { } forbidden ? Fault(forbidden, "must not be there") : null;
    }

    private static bool AllAmong(JsonElement audience, IReadOnlyList<string> allowed) => audience.ValueKind == JsonValueKind.Array
        ? audience.GetArrayLength() > 0 && audience.EnumerateArray().All(one => allowed.Contains(one.GetString(), StringComparer.Ordinal))
        : allowed.Contains(audience.GetString(), StringComparer.Ordinal);

    private static ClaimFault Fault(string claim, string fault) => new($"claims_json.{claim}", $"the claim {claim} {fault}");
}
