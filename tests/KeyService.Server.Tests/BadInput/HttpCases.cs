using System.Text;

namespace KeyService.Server.Tests.BadInput;

/// <summary>What can be wrong with an HTTP request before it is a request of the API.</summary>
internal static class HttpCases
{
    private const string Sign = "/v1/keySets/default:sign";
    private const string SignJwt = "/v1/keySets/default:signJwt";
    private const string SignBatch = "/v1/keySets/default:signBatch";
    private const string Rotate = "/v1/keySets/default:rotate";
    private const string KeySets = "/v1/keySets";
    private const string Good = "{\"message\":\"AA==\"}";
    private const string Ours = "INVALID_ARGUMENT";

    public static IEnumerable<(string Name, HttpCase Case)> All => [.. Members, .. Json, .. Encodings, .. Sizes, .. Routes, .. Paths, .. Queries];

    private static IEnumerable<(string, HttpCase)> Members =>
    [
        ("unknown member", new(Sign, "{\"message\":\"AA==\",\"extra\":1}", "extra")),
        ("unknown member of an item", new(SignBatch, "{\"items\":[{\"message\":\"AA==\",\"extra\":1}]}", "items[0].extra")),
        ("member in another case", new(Sign, "{\"Message\":\"AA==\"}", "Message")),
        ("private key asked for", new(KeySets, "{\"key_set\":\"new\",\"spec\":{\"signers\":[{\"algorithm\":\"ES256\",\"extractable\":true}]}}", "spec.signers[0].extractable")),
        ("header asked for", new(SignJwt, "{\"claims_json\":\"{}\",\"jku\":\"https://evil.example\"}", "jku")),
        ("member twice", new(Sign, "{\"message\":\"AA==\",\"message\":\"AQ==\"}", "message")),
        ("member twice in two spellings", new(KeySets, "{\"key_set\":\"new\",\"keySet\":\"new\"}", "keySet")),
        ("member of an item twice", new(SignBatch, "{\"items\":[{\"kid\":\"a\",\"kid\":\"b\"}]}", "items[0].kid")),
        ("member of the spec twice", new(KeySets, "{\"key_set\":\"new\",\"spec\":{\"issuer\":\"https://a.example\",\"issuer\":\"https://b.example\"}}", "spec.issuer")),
        ("message and digest", new(Sign, "{\"message\":\"AA==\",\"digest\":\"AA==\"}", "input")),
        ("other key set than in the path", new(Sign, "{\"key_set\":\"rsa\",\"message\":\"AA==\"}", "key_set")),
        ("message that is a number", new(Sign, "{\"message\":1}", "message")),
        ("message that is a list", new(Sign, "{\"message\":[0]}", "message")),
        ("message that is no base64", new(Sign, "{\"message\":\"***\"}", "message")),
        ("message that is cut off", new(Sign, "{\"message\":\"A\"}", "message")),
        ("algorithm that is a number", new(Sign, "{\"message\":\"AA==\",\"algorithm\":256}", "algorithm")),
        ("kid that is an object", new(Sign, "{\"message\":\"AA==\",\"kid\":{}}", "kid")),
        ("claims as an object", new(SignJwt, "{\"claims_json\":{\"exp\":1}}", "claims_json")),
        ("items as an object", new(SignBatch, "{\"items\":{}}", "items")),
        ("item that is a number", new(SignBatch, "{\"items\":[1]}", "items[0]")),
        ("an emergency without a reason", new(Rotate, "{\"emergency\":true}", "reason") { Reason = Ours }),
        ("emergency as a word", new(Rotate, "{\"emergency\":\"yes\"}", "emergency")),
        ("modulus as a word", new(KeySets, "{\"key_set\":\"new\",\"spec\":{\"signers\":[{\"algorithm\":\"RS256\",\"modulus_bits\":\"many\"}]}}", "spec.signers[0].modulus_bits")),
        ("modulus with a fraction", new(KeySets, "{\"key_set\":\"new\",\"spec\":{\"signers\":[{\"algorithm\":\"RS256\",\"modulus_bits\":2048.5}]}}", "spec.signers[0].modulus_bits")),
        ("duration in words", Duration("\"1 hour\"")),
        ("duration without unit", Duration("\"60\"")),
        ("duration as a number", Duration("60")),
        ("duration beyond all seconds", Duration("\"99999999999999999999s\"")),
        ("duration of infinity", Duration("\"Infinitys\"")),
        ("mask with a blank", new("/v1/keySets/default", "{\"update_mask\":\"a b\"}", "update_mask") { Method = HttpMethod.Patch, Reason = Ours }),
        ("mask as a number", new("/v1/keySets/default", "{\"update_mask\":1}", "update_mask") { Method = HttpMethod.Patch }),
        ("negative revision", new("/v1/keySets/default", "{\"revision\":-1}", "revision") { Method = HttpMethod.Patch }),
    ];

    private static IEnumerable<(string, HttpCase)> Json =>
    [
        ("no body", new(Sign, "", "message") { Reason = Ours }),
        ("an empty object", new(Sign, "{}", "message") { Reason = Ours }),
        ("a list", new(Sign, "[]", "body")),
        ("null", new(Sign, "null", "body")),
        ("a string", new(Sign, "\"message\"", "body")),
        ("an open object", new(Sign, "{\"message\":\"AA==\"", "body")),
        ("two objects", new(Sign, Good + Good, "body")),
        ("a comma too many", new(Sign, "{\"message\":\"AA==\",}", "body")),
        ("a comment", new(Sign, "{/**/\"message\":\"AA==\"}", "body")),
        ("single quotes", new(Sign, "{'message':'AA=='}", "body")),
        ("65 levels", new(Sign, "{\"kid\":" + new string('[', 64) + new string(']', 64) + "}", "body")),
        ("ten thousand levels", new(Sign, "{\"kid\":" + new string('[', 10_000), "body")),
        ("a byte order mark", new(Sign, "\uFEFF" + Good, "body")),
        ("half a surrogate pair", new(SignJwt, "{\"claims_json\":\"\\ud800\"}", "claims_json")),
        ("half a surrogate pair in a name", new(Sign, "{\"\\ud800\":1}", "surrogate")),
        ("bytes that are no UTF-8", new(Sign, null, "UTF-8") { Bytes = [.. "{\"kid\":\""u8, 0xff, 0xfe, .. "\"}"u8] }),
        ("UTF-8 longer than needed", new(Sign, null, "UTF-8") { Bytes = [.. "{\"kid\":\""u8, 0xc0, 0xaf, .. "\"}"u8] }),
        ("UTF-8 of a surrogate", new(SignJwt, null, "UTF-8") { Bytes = [.. "{\"claims_json\":\""u8, 0xed, 0xa0, 0x80, .. "\"}"u8] }),
        ("UTF-16", new(Sign, null, "UTF-8") { Bytes = [0xff, 0xfe, .. Encoding.Unicode.GetBytes(Good)] }),
    ];

    private static IEnumerable<(string, HttpCase)> Encodings =>
    [
        ("text", new(Sign, Good, "application/json", 415) { ContentType = "text/plain" }),
        ("a form", new(Sign, "message=AA", "application/json", 415) { ContentType = "application/x-www-form-urlencoded" }),
        ("no content type", new(Sign, Good, "application/json", 415) { ContentType = null }),
        ("Latin-1", new(Sign, Good, "utf-8", 415) { ContentType = "application/json; charset=iso-8859-1" }),
        ("gzip", new(Sign, Good, "Content-Encoding", 415) { Header = ("Content-Encoding", "gzip") }),
        ("JSON patch", new("/v1/keySets/default", "[]", "application/json", 415) { Method = HttpMethod.Patch, ContentType = "application/json-patch+json" }),
    ];

    private static IEnumerable<(string, HttpCase)> Sizes =>
    [
        ("body over 4 MiB", new(Sign, "{\"message\":\"" + new string('A', 4 << 20) + "\"}", "4194304", 429)),
        ("body over 4 MiB in pieces", new(Sign, "{\"message\":\"" + new string('A', 4 << 20) + "\"}", "4194304", 429) { Chunked = true }),
    ];

    private static IEnumerable<(string, HttpCase)> Routes =>
    [
        ("GET of a POST route", new(Sign, null, null, 405) { Method = HttpMethod.Get }),
        ("PUT of a key set", new("/v1/keySets/default", "{}", null, 405) { Method = HttpMethod.Put }),
        ("DELETE of a JWKS", new("/v1/keySets/default/jwks", null, null, 405) { Method = HttpMethod.Delete }),
        ("POST to a JWKS", new("/default/.well-known/jwks.json", "{}", null, 405)),
        ("POST to the discovery", new("/issued/.well-known/openid-configuration", "{}", null, 405)),
        ("unknown verb", new("/v1/keySets/default:export", "{}", null, 404)),
        ("verb in another case", new("/v1/keySets/default:Sign", Good, null, 404)),
        ("private key", new("/v1/keySets/default/privateKey", null, null, 404) { Method = HttpMethod.Get }),
        ("other version", new("/v2/keySets/default:sign", Good, null, 404)),
        ("nothing", new("/", null, null, 404) { Method = HttpMethod.Get }),
        ("gRPC path", new("/keyservice.v1.SigningService/Sign", Good, null, 415)),
        ("gRPC over HTTP/1.1", new("/keyservice.v1.SigningService/Sign", "", null, 426) { ContentType = "application/grpc" }),
    ];

    private static IEnumerable<(string, HttpCase)> Paths =>
    [
        ("JWKS of a name in upper case", Jwks("Default", "key_set")),
        ("JWKS of an encoded slash", Jwks("a%2Fb", "key_set")),
        ("JWKS of a doubly encoded slash", Jwks("a%252Fb", "key_set")),
        ("JWKS of a backslash", Jwks("a%5Cb", "key_set")),
        ("JWKS of a line break", Jwks("a%0D%0Ab", "key_set")),
        ("JWKS of a name that is not ASCII", Jwks("%C3%BC", "key_set")),
        ("JWKS of a broken encoding", Jwks("%ZZ", "key_set")),
        ("JWKS of 64 characters", Jwks(new string('a', 64), "key_set")),
        ("JWKS of an absent set", Jwks("absent", "key_set") with { Status = 404, Reason = "KEY_SET_NOT_FOUND" }),
        ("discovery of a bad name", new("/Default/.well-known/openid-configuration", null, "key_set") { Method = HttpMethod.Get, Reason = Ours }),
        ("discovery without an issuer", new("/default/.well-known/openid-configuration", null, "key_set", 404) { Method = HttpMethod.Get, Reason = "KEY_SET_NOT_FOUND" }),
        ("key set of an encoded slash", new("/v1/keySets/a%2Fb", null, "key_set") { Method = HttpMethod.Get, Reason = Ours }),
        ("key set of an encoded climb", new("/v1/keySets/%2e%2e%2fdefault", null, "key_set") { Method = HttpMethod.Get, Reason = Ours }),
    ];

    private static IEnumerable<(string, HttpCase)> Queries =>
    [
        ("parameter on a route with a body", new(Sign + "?kid=a", Good, "kid")),
        ("unknown parameter", new(KeySets + "?pagesize=1", null, "pagesize") { Method = HttpMethod.Get }),
        ("page size as a word", new(KeySets + "?page_size=many", null, "page_size") { Method = HttpMethod.Get }),
        ("page size beyond 32 bits", new(KeySets + "?page_size=4294967297", null, "page_size") { Method = HttpMethod.Get }),
        ("page size twice", new(KeySets + "?page_size=1&page_size=2", null, "page_size") { Method = HttpMethod.Get }),
        ("revision below 0", new("/v1/keySets/default?revision=-1", null, "revision") { Method = HttpMethod.Delete }),
        ("key set in path and query", new("/v1/keySets/default?key_set=rsa", null, "key_set") { Method = HttpMethod.Get }),
        ("body where there is none", new("/v1/keySets/default", "{}", "body") { Method = HttpMethod.Delete }),
    ];

    private static HttpCase Duration(string json) =>
        new(KeySets, "{\"key_set\":\"new\",\"spec\":{\"propagation\":" + json + "}}", "spec.propagation");

    private static HttpCase Jwks(string name, string names) => new($"/{name}/.well-known/jwks.json", null, names) { Method = HttpMethod.Get, Reason = Ours };
}
