using System.Buffers;
using System.Buffers.Text;

namespace KeyService.Core.Signing;

/// <summary>
/// base64url as RFC 7515 §2 has it. The platform's decoder also takes padding and white space, so that one value would
/// have several spellings; here each has exactly one.
/// </summary>
internal static class StrictBase64Url
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private static readonly SearchValues<char> Letters = SearchValues.Create(Alphabet);

    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (text.Length % 4 == 1 || text.ContainsAnyExcept(Letters) || HasLooseBits(text))
            return false;

        bytes = Base64Url.DecodeFromChars(text);
        return true;
    }

    /// <summary>The last letter of a broken group carries 2 or 4 bits that belong to no byte: they must be zero.</summary>
    private static bool HasLooseBits(ReadOnlySpan<char> text) => (text.Length % 4) switch
    {
        2 => (Alphabet.IndexOf(text[^1], StringComparison.Ordinal) & 0b1111) != 0,
        3 => (Alphabet.IndexOf(text[^1], StringComparison.Ordinal) & 0b11) != 0,
        _ => false,
    };
}
