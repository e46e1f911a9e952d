using System.Buffers;
using System.Buffers.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace KeyService.Core.Signing;

/// <summary>
/// The protected header of a compact JWS, encoded once and used for every token of its key. It holds <c>alg</c>,
/// <c>kid</c> and <c>typ</c> in this order and nothing else: jku, jwk, x5u, crit and b64 cannot be asked for.
/// </summary>
public sealed class JwsHeader
{
    /// <summary>The <c>typ</c> of a token that says nothing else (RFC 7519 §5.1).</summary>
    public const string DefaultType = "JWT";

    /// <summary>Longest <c>typ</c> in characters.</summary>
    public const int MaxTypeLength = 64;

    /// <summary>RFC 2045 §5.1: the characters of a token, here of the type and of the subtype of a media type.</summary>
    private static readonly SearchValues<char> TokenCharacters = SearchValues.Create(
        "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz{|}~");

    // Not the default encoder: it would write at+jwt as at\u002Bjwt, which is right but longer and startles readers.
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly byte[] _encoded;

    /// <param name="type">
    /// <c>typ</c>: 1 to <see cref="MaxTypeLength"/> characters of a media type, whose <c>application/</c> may be left out
    /// (RFC 7515 §4.1.9), without parameters; null for a header without it.
    /// </param>
    /// <exception cref="KeyServiceException">InvalidArgument for <c>typ</c>.</exception>
    public JwsHeader(SigningAlgorithm algorithm, string kid, string? type = DefaultType)
    {
        ArgumentException.ThrowIfNullOrEmpty(kid);
        if (type is not null && !IsMediaType(type))
            throw KeyServiceException.Invalid("typ", $"typ must be a media type without parameters, of at most {MaxTypeLength} characters.");

        var json = new ArrayBufferWriter<byte>(128);
        using (var writer = new Utf8JsonWriter(json, WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteString("alg", algorithm.Name);
            writer.WriteString("kid", kid);
            if (type is not null)
                writer.WriteString("typ", type);

            writer.WriteEndObject();
        }

        _encoded = Base64Url.EncodeToUtf8(json.WrittenSpan);
    }

    /// <summary>base64url of the header's UTF-8, as ASCII bytes.</summary>
    public ReadOnlySpan<byte> Encoded => _encoded;

    private static bool IsMediaType(ReadOnlySpan<char> type)
    {
        if (type.Length is 0 or > MaxTypeLength)
            return false;

        var slash = type.IndexOf('/');
        return slash < 0 ? IsToken(type) : IsToken(type[..slash]) && IsToken(type[(slash + 1)..]);
    }

    private static bool IsToken(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExcept(TokenCharacters);
}
