using System.Buffers;
using System.Text.Json;

namespace KeyService.Core.Keys;

/// <summary>The JWK Set (RFC 7517 §5) as bytes: a pure function of the keys and their order.</summary>
public static class JwksDocument
{
    /// <summary>UTF-8 of <c>{"keys":[…]}</c> without white space, the keys in the given order.</summary>
    /// <exception cref="ArgumentException">Two keys have one kid, or a key does not fit its algorithm.</exception>
    public static byte[] Write(IReadOnlyCollection<JwksEntry> entries)
    {
        var kids = new HashSet<string>(entries.Count, StringComparer.Ordinal);
        var buffer = new ArrayBufferWriter<byte>(64 + (512 * entries.Count));
        using (var writer = new Utf8JsonWriter(buffer, Jwk.WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("keys");
            foreach (var entry in entries)
            {
                // A verifier that finds a kid twice picks either key: half of the tokens would fail.
                if (!kids.Add(entry.Kid))
                    throw new ArgumentException($"The kid {entry.Kid} stands for two keys.", nameof(entries));

                entry.PublicKey.WriteTo(writer, entry.Kid, entry.Algorithm);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
