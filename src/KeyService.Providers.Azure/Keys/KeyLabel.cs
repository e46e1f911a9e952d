using System.Security.Cryptography;
using System.Text;

namespace KeyService.Providers.Azure.Keys;

/// <summary>
/// How a label is kept: one key name for each, since a single version cannot be deleted. Names hold only 0-9, a-z and '-' and
/// at most 127 characters, so the label itself goes into a tag and the name is made from it.
/// </summary>
internal static class KeyLabel
{
    public const string Tag = "keyservice-label";

    /// <summary>Of the readable part of a name, so that with the hash it stays under 127.</summary>
    private const int LongestReadable = 80;

    /// <summary>The same for the same label, in every process: readable for operators, a hash to tell labels apart.</summary>
    public static string NameFor(string label)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.ASCII.GetBytes(label), hash);
        var readable = new StringBuilder(label, 0, Math.Min(label.Length, LongestReadable), LongestReadable)
            .Replace('/', '-').Replace('.', '-').Replace('_', '-');
        return $"{readable}-{Convert.ToHexStringLower(hash[..16])}";
    }
}
