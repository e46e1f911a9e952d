using System.Buffers;
using System.Globalization;
using System.Text;

namespace KeyService.Standins.Wire;

/// <summary>The header <c>grpc-message</c>: UTF-8, where all but printable ASCII, and '%' itself, becomes %XX.</summary>
internal static class PercentEncoding
{
    private static readonly SearchValues<char> Plain = SearchValues.Create(
        [.. Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code).Where(character => character != '%')]);

    public static string Encode(string text)
    {
        if (!text.AsSpan().ContainsAnyExcept(Plain))
            return text;

        var encoded = new StringBuilder(text.Length + 16);
        foreach (var octet in Encoding.UTF8.GetBytes(text))
        {
            if (Plain.Contains((char)octet))
                encoded.Append((char)octet);
            else
                encoded.Append(CultureInfo.InvariantCulture, $"%{octet:X2}");
        }

        return encoded.ToString();
    }

    /// <summary>Leaves alone what is no valid escape: a message is there to be read, not to fail on.</summary>
    public static string Decode(string text)
    {
        if (!text.Contains('%', StringComparison.Ordinal))
            return text;

        var source = Encoding.UTF8.GetBytes(text);
        var length = 0;
        for (var i = 0; i < source.Length; i++)
        {
            var escaped = source[i] == '%' && i + 2 < source.Length
                && byte.TryParse(source.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var octet)
                ? octet
                : (byte?)null;
            source[length++] = escaped ?? source[i]; // never overtakes the reading position
            if (escaped is not null)
                i += 2;
        }

        return Encoding.UTF8.GetString(source, 0, length);
    }
}
