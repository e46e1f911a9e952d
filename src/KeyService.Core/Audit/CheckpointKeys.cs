using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using KeyService.Core.Keys;
using KeyService.Core.Signing;

namespace KeyService.Core.Audit;

/// <summary>The public keys that checkpoints are verified with, from JWKS as they are published.</summary>
public sealed class CheckpointKeys : IDisposable
{
    private readonly Dictionary<string, PublicKeyVerifier> _keys = new(StringComparer.Ordinal);

    /// <summary>Adds the keys of a JWKS; keys of other kinds than this product's are passed over.</summary>
    /// <exception cref="FormatException">It is no JWKS, or a key in it is malformed.</exception>
    public void Add(ReadOnlyMemory<byte> jwks)
    {
        try
        {
            using var json = JsonDocument.Parse(jwks);
            foreach (var key in json.RootElement.GetProperty("keys").EnumerateArray())
            {
                if (TextOf(key, "kid") is { } kid && TextOf(key, "alg") is { } alg && SigningAlgorithm.TryParse(alg, out var algorithm) && !_keys.ContainsKey(kid))
                    _keys.Add(kid, PublicKeyVerifier.Create(KeyOf(key, alg), algorithm));
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException("It is not a JWKS of signing keys.", e);
        }
    }

    /// <summary>Verifies a checkpoint's JWS.</summary>
    /// <param name="fault">Why nobody vouches for it.</param>
    public bool TryVerify(string jws, [NotNullWhen(false)] out string? fault)
    {
        fault = "its checkpoint is no JWS of this kind";
        var (first, last) = (jws.IndexOf('.', StringComparison.Ordinal), jws.LastIndexOf('.'));
        if (first < 0 || last <= first
            || !StrictBase64Url.TryDecode(jws.AsSpan(0, first), out var header)
            || !StrictBase64Url.TryDecode(jws.AsSpan(last + 1), out var signature)
            || !TryReadHeader(header, out var kid, out var algorithm))
            return false;
        if (!_keys.TryGetValue(kid, out var key) || key.Algorithm != algorithm)
        {
            fault = $"its checkpoint is signed with {algorithm} key {kid}, which the given JWKS do not hold";
            return false;
        }

        var verdict = key.VerifyMessage(Encoding.ASCII.GetBytes(jws[..last]), signature);
        fault = verdict switch
        {
            SignatureVerdict.Valid => null,
            SignatureVerdict.Invalid => "the signature of its checkpoint does not verify",
            _ => $"this machine cannot verify {algorithm}, with which its checkpoint is signed",
        };
        return fault is null;
    }

    /// <summary>The statement in a JWS, verified or not; null where there is none.</summary>
    public static CheckpointStatement? StatementOf(string jws)
    {
        var parts = jws.Split('.');
        return parts.Length == 3 && StrictBase64Url.TryDecode(parts[1], out var payload) ? CheckpointStatement.Read(payload) : null;
    }

    public void Dispose()
    {
        foreach (var key in _keys.Values)
            key.Dispose();
    }

    private static bool TryReadHeader(byte[] header, [NotNullWhen(true)] out string? kid, [NotNullWhen(true)] out SigningAlgorithm? algorithm)
    {
        (kid, algorithm) = (null, null);
        try
        {
            using var json = JsonDocument.Parse(header);
            kid = TextOf(json.RootElement, "kid");
            return kid is not null
                && TextOf(json.RootElement, "typ") == CheckpointStatement.Type
                && TextOf(json.RootElement, "alg") is { } alg && SigningAlgorithm.TryParse(alg, out algorithm);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static Jwk KeyOf(JsonElement key, string alg) => new()
    {
        KeyType = TextOf(key, "kty") ?? "",
        Curve = TextOf(key, "crv"),
        X = TextOf(key, "x"),
        Y = TextOf(key, "y"),
        Modulus = TextOf(key, "n"),
        Exponent = TextOf(key, "e"),
        Algorithm = TextOf(key, "pub") is null ? null : alg,
        Public = TextOf(key, "pub"),
    };

    private static string? TextOf(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;
}
