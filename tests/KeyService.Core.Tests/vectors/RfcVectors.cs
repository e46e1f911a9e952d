using System.Text.Json;
using KeyService.Core.Keys;

namespace KeyService.Core.Tests.Vectors;

/// <summary>The examples of the RFCs, from the JSON files beside this one.</summary>
internal static class RfcVectors
{
    private static readonly string[] SignedFiles = ["rfc7515.json", "rfc7520.json", "rfc8037.json"];

    /// <summary>The examples with a public key and an algorithm of ours.</summary>
    public static TheoryData<string> Signed => [.. AllSigned().Where(vector => vector.Key is not null).Select(vector => vector.Source)];

    /// <summary>The examples whose header is built as ours are.</summary>
    public static TheoryData<string> SignedWithKid => [.. AllSigned().Where(vector => vector.Kid is not null).Select(vector => vector.Source)];

    public static JwsVector Find(string source) => AllSigned().Single(vector => vector.Source == source);

    public static JsonElement Load(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "vectors", file)));
        return document.RootElement.Clone();
    }

    public static Jwk ReadJwk(JsonElement jwk) => new()
    {
        KeyType = jwk.GetProperty("kty").GetString()!, // a vector without kty would be a broken file: fail in the test
        Curve = Optional(jwk, "crv"),
        X = Optional(jwk, "x"),
        Y = Optional(jwk, "y"),
        Modulus = Optional(jwk, "n"),
        Exponent = Optional(jwk, "e"),
        Algorithm = Optional(jwk, "kty") == "AKP" ? Optional(jwk, "alg") : null,
        Public = Optional(jwk, "pub"),
    };

    private static IEnumerable<JwsVector> AllSigned() =>
        from file in SignedFiles
        from vector in Load(file).EnumerateArray()
        select new JwsVector(
            Required(vector, "source"),
            Required(vector, "alg"),
            Optional(vector, "kid"),
            Required(vector, "header"),
            Required(vector, "payload"),
            vector.GetProperty("jwk") is { ValueKind: JsonValueKind.Object } jwk ? ReadJwk(jwk) : null,
            Required(vector, "compact"));

    private static string Required(JsonElement element, string name) =>
        element.GetProperty(name).GetString() ?? throw new InvalidOperationException($"A vector has no {name}.");

    private static string? Optional(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? value.GetString() : null;
}
