using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using KeyService.Server.Configuration;

namespace KeyService.Server.Access.Commands;

/// <summary>Reads a caller as <see cref="Caller.Name"/> writes it; a bearer token's claims may stand in full: <c>jwt:{"iss":…}</c>.</summary>
internal static class CallerText
{
    public const string Forms = "anonymous, spiffe://ID, dns:NAME, subject:NAME, jwt:ISSUER#SUBJECT, jwt:{CLAIMS} or uid:UID,gid:GID";

    /// <exception cref="SettingsException">It is none of the <see cref="Forms"/>.</exception>
    public static Caller Parse(string text)
    {
        try
        {
            if (text == Caller.Anonymous.Name)
                return Caller.Anonymous;
            if (SpiffeId.IsId(text))
                return Caller.Spiffe(text);
            return text.Split(':', 2) switch
            {
                ["dns", { Length: > 0 } name] => Caller.Dns(name),
                ["subject", { Length: > 0 } name] => Caller.Subject(new X500DistinguishedName(name)),
                ["jwt", ['{', ..] claims] => Jwt(claims),
                ["jwt", var token] when token.Split('#') is [{ Length: > 0 } issuer, { Length: > 0 } subject] => Caller.Jwt(issuer, subject, TokenClaims.None),
                ["uid", var ids] when ids.Split(",gid:") is [var uid, var gid] => Caller.Unix(Id(uid), Id(gid)),
                _ => throw Unknown(text),
            };
        }
        catch (Exception e) when (e is FormatException or OverflowException or CryptographicException or JsonException)
        {
            throw Unknown(text);
        }
    }

    private static Caller Jwt(string claims)
    {
        using var json = JsonDocument.Parse(claims);
        var read = TokenClaims.Read(json.RootElement);
        return Caller.Jwt(
            read.GetValueOrDefault("iss")?.SingleOrDefault() ?? throw new FormatException("no iss"), read.GetValueOrDefault("sub")?.SingleOrDefault(), read);
    }

    private static uint Id(string text) => uint.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static SettingsException Unknown(string text) => new([$"--principal '{text}' is not understood: {Forms}"]);
}
