using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;

namespace KeyService.Core.Audit;

/// <summary>
/// The format of the audit log: JSON lines of printable ASCII, <c>seq</c> the first member, <c>prev</c> and <c>hash</c> the last.
/// A line's hash is the SHA-256 of its bytes up to and without <c>,"hash":</c>, so it covers <c>prev</c>, the hash of the line before.
/// </summary>
public static class AuditFormat
{
    /// <summary>Of this format, told by each <see cref="AuditEvent.Open"/> line.</summary>
    public const int Version = 1;

    /// <summary>Longest line with its end, in bytes: more than a dozen texts take that are escaped throughout.</summary>
    public const int MaxLineBytes = 32 << 10;

    /// <summary>Characters of a SHA-256 in base64url.</summary>
    public const int HashLength = 43;

    private const string Prefix = "audit-";
    private const string Suffix = ".jsonl";

    public static string FileName(long firstSequence) => $"{Prefix}{firstSequence:D16}{Suffix}";

    /// <summary>The files of a log in the order of the chain.</summary>
    public static IEnumerable<string> InOrder(IEnumerable<string> paths) =>
        paths.Where(path => FirstSequenceOf(path) is not null).OrderBy(path => FirstSequenceOf(path));

    /// <summary>The number of the first line of a file of the log, by its name; null where it is no such file.</summary>
    public static long? FirstSequenceOf(string path)
    {
        var name = Path.GetFileName(path.AsSpan());
        return name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Suffix, StringComparison.Ordinal)
            && long.TryParse(name[Prefix.Length..^Suffix.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            ? first
            : null;
    }

    /// <summary>base64url of the SHA-256.</summary>
    public static string HashOf(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return Base64Url.EncodeToString(hash);
    }
}
