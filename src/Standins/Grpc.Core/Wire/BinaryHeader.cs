namespace KeyService.Standins.Wire;

/// <summary>The values of <c>-bin</c> headers: base64.</summary>
internal static class BinaryHeader
{
    /// <summary>Without padding, as the protocol prefers.</summary>
    public static string Encode(byte[] value) => Convert.ToBase64String(value).TrimEnd('=');

    /// <summary>With or without padding.</summary>
    /// <exception cref="FormatException">Not base64.</exception>
    public static byte[] Decode(ReadOnlySpan<char> text)
    {
        var bare = text.Trim().TrimEnd('=');
        var padded = new char[(bare.Length + 3) / 4 * 4];
        bare.CopyTo(padded);
        padded.AsSpan(bare.Length).Fill('=');
        return Convert.FromBase64CharArray(padded, 0, padded.Length);
    }
}
