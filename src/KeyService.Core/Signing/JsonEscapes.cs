using System.Globalization;

namespace KeyService.Core.Signing;

/// <summary>A look at the escapes of a JSON string whose grammar is known to be right.</summary>
internal static class JsonEscapes
{
    private const int UnicodeEscapeLength = 6; // \uXXXX

    /// <param name="raw">The string between its quotes, escapes as they stand.</param>
    public static bool HoldLoneSurrogate(ReadOnlySpan<byte> raw)
    {
        for (var i = raw.IndexOf((byte)'\\'); i >= 0; i = raw.IndexOf((byte)'\\'))
        {
            raw = raw[i..];
            if (raw[1] != 'u')
            {
                raw = raw[2..];
                continue;
            }

            var unit = CodeUnit(raw);
            raw = raw[UnicodeEscapeLength..];
            if (!char.IsSurrogate(unit))
                continue;

            if (!char.IsHighSurrogate(unit) || !raw.StartsWith("\\u"u8) || !char.IsLowSurrogate(CodeUnit(raw)))
                return true;

            raw = raw[UnicodeEscapeLength..];
        }

        return false;
    }

    private static char CodeUnit(ReadOnlySpan<byte> escape) =>
        (char)ushort.Parse(escape[2..UnicodeEscapeLength], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
