using System.Globalization;

namespace KeyService.Server.Tests.BadInput;

/// <summary>Claims that are not signed. EXP stands for a good expiry.</summary>
internal static class ClaimsCases
{
    private const string NoJson = "INVALID_ARGUMENT";
    private const string Rejected = "CLAIMS_REJECTED";

    public static IEnumerable<(string Name, string Claims, string Reason, string Field)> All =>
    [
        .. Malformed.Select(one => (one.Name, one.Claims, NoJson, "claims_json")),
        .. Registered.Select(one => (one.Name, one.Claims, Rejected, "claims_json." + one.Claim)),
    ];

    private static IEnumerable<(string Name, string Claims)> Malformed =>
    [
        ("nothing", ""),
        ("an array", "[]"),
        ("a string", "\"exp\""),
        ("a number", "1"),
        ("null", "null"),
        ("an open object", "{\"exp\":EXP"),
        ("two objects", "{\"exp\":EXP}{}"),
        ("text behind", "{\"exp\":EXP} x"),
        ("a comma too many", "{\"exp\":EXP,}"),
        ("a comment", "{\"exp\":EXP/**/}"),
        ("single quotes", "{'exp':EXP}"),
        ("a raw line break in a string", "{\"exp\":EXP,\"a\":\"\n\"}"),
        ("NaN", "{\"exp\":EXP,\"a\":NaN}"),
        ("a leading zero", "{\"exp\":EXP,\"a\":01}"),
        ("a byte order mark", "\uFEFF{\"exp\":EXP}"),
        ("a member twice", "{\"exp\":EXP,\"role\":\"user\",\"role\":\"admin\"}"),
        ("a member twice, once escaped", "{\"exp\":EXP,\"role\":\"user\",\"r\\u006fle\":\"admin\"}"),
        ("exp twice", "{\"exp\":EXP,\"exp\":EXP}"),
        ("a nested member twice", "{\"exp\":EXP,\"a\":{\"b\":1,\"b\":2}}"),
        ("a member twice within a list", "{\"exp\":EXP,\"a\":[{\"b\":1,\"b\":2}]}"),
        ("half a surrogate pair", "{\"exp\":EXP,\"a\":\"\\ud800\"}"),
        ("the other half", "{\"exp\":EXP,\"a\":\"\\udc00x\"}"),
        ("half a surrogate pair in a name", "{\"exp\":EXP,\"\\ud800\":1}"),
        ("objects 17 deep", Nested("{\"a\":", "}", 17)),
        ("lists 17 deep", Nested("[", "]", 17)),
        ("lists 1000 deep", Nested("[", "]", 1000)),
        ("64 KiB and a byte", OfLength((64 << 10) + 1)),
        ("64 Ki characters of two bytes", "{\"exp\":EXP,\"a\":\"" + new string('ä', 40_000) + "\"}"),
    ];

    private static IEnumerable<(string Name, string Claims, string Claim)> Registered =>
    [
        ("exp missing", "{}", "exp"),
        ("exp in another case", "{\"Exp\":EXP}", "exp"),
        ("exp nested only", "{\"a\":{\"exp\":EXP}}", "exp"),
        ("exp null", "{\"exp\":null}", "exp"),
        ("exp a string", "{\"exp\":\"EXP\"}", "exp"),
        ("exp true", "{\"exp\":true}", "exp"),
        ("exp an object", "{\"exp\":{}}", "exp"),
        ("exp 0", "{\"exp\":0}", "exp"),
        ("exp past", "{\"exp\":1700000000}", "exp"),
        ("exp past by a fraction", "{\"exp\":1700000000.5}", "exp"),
        ("exp negative", "{\"exp\":-EXP}", "exp"),
        ("exp a year on", "{\"exp\":YEAR}", "exp"),
        ("exp a year on, as a float", "{\"exp\":YEAR.5}", "exp"),
        ("exp in year 10000", "{\"exp\":253402300800}", "exp"),
        ("exp beyond any number", "{\"exp\":1e400}", "exp"),
        ("nbf after exp", "{\"exp\":EXP,\"nbf\":YEAR}", "nbf"),
        ("nbf equal to exp", "{\"exp\":EXP,\"nbf\":EXP}", "nbf"),
        ("nbf a string", "{\"exp\":EXP,\"nbf\":\"0\"}", "nbf"),
        ("iat after exp", "{\"exp\":EXP,\"iat\":YEAR}", "iat"),
        ("iat a list", "{\"exp\":EXP,\"iat\":[]}", "iat"),
        ("iss a number", "{\"exp\":EXP,\"iss\":1}", "iss"),
        ("iss null", "{\"exp\":EXP,\"iss\":null}", "iss"),
        ("iss of another", "{\"exp\":EXP,\"iss\":\"https://evil.example\"}", "iss"),
        ("iss with a slash more", "{\"exp\":EXP,\"iss\":\"https://issuer.example/tenant/\"}", "iss"),
        ("iss in another case", "{\"exp\":EXP,\"iss\":\"https://ISSUER.example/tenant\"}", "iss"),
        ("sub a number", "{\"exp\":EXP,\"sub\":7}", "sub"),
        ("jti an object", "{\"exp\":EXP,\"jti\":{}}", "jti"),
        ("aud a number", "{\"exp\":EXP,\"aud\":1}", "aud"),
        ("aud an object", "{\"exp\":EXP,\"aud\":{}}", "aud"),
        ("aud a list with a number", "{\"exp\":EXP,\"aud\":[\"a\",1]}", "aud"),
        ("aud a list of lists", "{\"exp\":EXP,\"aud\":[[\"a\"]]}", "aud"),
    ];

    /// <summary>Puts dates in for EXP, five minutes on, and YEAR.</summary>
    public static string Alive(string claims)
    {
        var now = TimeProvider.System.GetUtcNow();
        return claims.Replace("EXP", Seconds(now.AddMinutes(5)), StringComparison.Ordinal).Replace("YEAR", Seconds(now.AddYears(1)), StringComparison.Ordinal);

        static string Seconds(DateTimeOffset date) => date.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
    }

    public static string OfLength(int bytes) => "{\"exp\":EXP,\"a\":\"" + new string('a', bytes - 25) + "\"}"; // EXP has ten digits

    /// <param name="depth">Of the whole, the claims object included.</param>
    private static string Nested(string open, string close, int depth) =>
        "{\"exp\":EXP,\"a\":" + string.Concat(Enumerable.Repeat(open, depth - 1)) + "1" + string.Concat(Enumerable.Repeat(close, depth - 1)) + "}";
}
