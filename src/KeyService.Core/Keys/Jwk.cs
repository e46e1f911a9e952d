using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using KeyService.Core.Signing;

namespace KeyService.Core.Keys;

/// <summary>A public JWK (RFC 7517 §4): the members that its thumbprint covers, base64url as they are published.</summary>
public sealed record Jwk
{
    /// <summary>How this class and <see cref="JwksDocument"/> want their writer: JSON for machines, never inside HTML.</summary>
    internal static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary><c>RSA</c>, <c>EC</c>, <c>OKP</c>, or <c>AKP</c> (RFC 9964 §3) for ML-DSA.</summary>
    public required string KeyType { get; init; }

    /// <summary><c>crv</c>; null for RSA and AKP.</summary>
    public string? Curve { get; init; }

    /// <summary><c>x</c>, full field width; null for RSA and AKP.</summary>
    public string? X { get; init; }

    /// <summary><c>y</c>, full field width; EC only.</summary>
    public string? Y { get; init; }

    /// <summary><c>n</c>, minimal; RSA only.</summary>
    public string? Modulus { get; init; }

    /// <summary><c>e</c>, minimal; RSA only.</summary>
    public string? Exponent { get; init; }

    /// <summary><c>alg</c> as a part of the key itself: AKP only, where nothing else tells the parameter set.</summary>
    public string? Algorithm { get; init; }

    /// <summary><c>pub</c>; AKP only.</summary>
    public string? Public { get; init; }

    /// <summary>
    /// Reads a DER SubjectPublicKeyInfo (RFC 5280 §4.1.2.7): RSA of 2048 to 8192 bits with an odd exponent from 3, EC on
    /// a named P-256, P-384, P-521 or secp256k1 with an uncompressed point (RFC 5480), Ed25519 (RFC 8410), ML-DSA (RFC 9881).
    /// </summary>
    /// <exception cref="FormatException">
    /// It is not strict DER to its last byte, of another kind, or not a key: a point off its curve or a number out of range.
    /// </exception>
    public static Jwk FromSubjectPublicKeyInfo(ReadOnlySpan<byte> subjectPublicKeyInfo) =>
        JwkSubjectPublicKeyInfo.Read(subjectPublicKeyInfo);

    /// <summary>The one DER SubjectPublicKeyInfo of this key.</summary>
    /// <exception cref="FormatException">The members are not a key that <see cref="FromSubjectPublicKeyInfo"/> would give.</exception>
    public byte[] ToSubjectPublicKeyInfo() => JwkSubjectPublicKeyInfo.Write(this);

    /// <summary>RFC 7638 thumbprint with SHA-256, base64url: 43 characters, used as kid.</summary>
    public string Thumbprint()
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            writer.WriteStartObject();
            // RFC 7638 §3: the required members of each key type, in lexicographic order, without white space.
            WriteMember(writer, "alg", Algorithm);
            WriteMember(writer, "crv", Curve);
            WriteMember(writer, "e", Exponent);
            WriteMember(writer, "kty", KeyType);
            WriteMember(writer, "n", Modulus);
            WriteMember(writer, "pub", Public);
            WriteMember(writer, "x", X);
            WriteMember(writer, "y", Y);
            writer.WriteEndObject();
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(buffer.WrittenSpan, hash);
        return Base64Url.EncodeToString(hash);
    }

    /// <summary>
    /// Writes the key as it is published: <c>kty</c>, <c>use</c> (<c>sig</c>), <c>alg</c>, <c>kid</c>, then the key's own
    /// members, always in this order so that every replica serves the same bytes.
    /// </summary>
    /// <exception cref="ArgumentException">A key of this kind does not sign with <paramref name="algorithm"/>.</exception>
    public void WriteTo(Utf8JsonWriter writer, string kid, SigningAlgorithm algorithm)
    {
        if (!Fits(algorithm))
            throw new ArgumentException($"{algorithm} does not fit a key of type {KeyType} {Curve ?? Algorithm}.", nameof(algorithm));

        writer.WriteStartObject();
        writer.WriteString("kty", KeyType);
        writer.WriteString("use", "sig");
        writer.WriteString("alg", algorithm.Name);
        writer.WriteString("kid", kid);
        WriteMember(writer, "crv", Curve);
        WriteMember(writer, "x", X);
        WriteMember(writer, "y", Y);
        WriteMember(writer, "n", Modulus);
        WriteMember(writer, "e", Exponent);
        WriteMember(writer, "pub", Public);
        writer.WriteEndObject();
    }

    /// <summary>True where a key of this type and curve can sign with <paramref name="algorithm"/>.</summary>
    public bool Fits(SigningAlgorithm algorithm) =>
        algorithm.KeyType == KeyType && algorithm.Curve == Curve && (Algorithm is null || Algorithm == algorithm.Name);

    private static void WriteMember(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
            writer.WriteString(name, value);
    }
}
