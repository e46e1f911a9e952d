using System.Buffers.Text;
using System.Text;

namespace KeyService.Core.Signing;

/// <summary>
/// The JWS compact serialization (RFC 7515 §7.1) in two steps, for there is a provider's signature between them: two
/// allocations in all, the signing input and the token.
/// </summary>
public static class CompactJws
{
    private const byte Dot = (byte)'.';

    /// <summary>
    /// <c>base64url(header).base64url(payload)</c> as ASCII bytes. An array of its own and not a pooled one: a provider that
    /// was given up on may still read it when the next request would have got the same memory.
    /// </summary>
    public static byte[] SigningInput(JwsHeader header, ReadOnlySpan<byte> payload)
    {
        var encodedHeader = header.Encoded;
        var input = new byte[encodedHeader.Length + 1 + Base64Url.GetEncodedLength(payload.Length)];
        encodedHeader.CopyTo(input);
        input[encodedHeader.Length] = Dot;
        Base64Url.EncodeToUtf8(payload, input.AsSpan(encodedHeader.Length + 1));
        return input;
    }

    /// <summary>Appends the signature: the token.</summary>
    /// <param name="signingInput">From <see cref="SigningInput"/>.</param>
    /// <param name="signature">In JOSE form.</param>
    public static string Assemble(ReadOnlySpan<byte> signingInput, ReadOnlySpan<byte> signature)
    {
        var length = signingInput.Length + 1 + Base64Url.GetEncodedLength(signature.Length);
        return string.Create(length, new Parts(signingInput, signature), static (token, parts) =>
        {
            Encoding.ASCII.GetChars(parts.SigningInput, token);
            token[parts.SigningInput.Length] = (char)Dot;
            Base64Url.EncodeToChars(parts.Signature, token[(parts.SigningInput.Length + 1)..]);
        });
    }

    private readonly ref struct Parts(ReadOnlySpan<byte> signingInput, ReadOnlySpan<byte> signature)
    {
        public ReadOnlySpan<byte> SigningInput { get; } = signingInput;

        public ReadOnlySpan<byte> Signature { get; } = signature;
    }
}
