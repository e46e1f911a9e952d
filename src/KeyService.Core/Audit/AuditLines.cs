namespace KeyService.Core.Audit;

/// <summary>Cuts a stream into lines, in bounded memory whatever it holds.</summary>
public static class AuditLines
{
    /// <summary>
    /// Each line without its end, and whether it had one: the last may be unfinished. One that is longer than any line may be ends
    /// the reading. The bytes are good until the next line is asked for.
    /// </summary>
    public static IEnumerable<(long Offset, ReadOnlyMemory<byte> Bytes, bool IsWhole)> Read(Stream stream)
    {
        var buffer = new byte[4 * AuditFormat.MaxLineBytes];
        var (offset, begin, end) = (0L, 0, 0);
        while (true)
        {
            var length = buffer.AsSpan(begin, end - begin).IndexOf((byte)'\n');
            if (length >= 0)
            {
                yield return (offset, buffer.AsMemory(begin, length), true);
                begin += length + 1;
                offset += length + 1;
                continue;
            }

            buffer.AsSpan(begin, end - begin).CopyTo(buffer);
            (begin, end) = (0, end - begin);
            var read = end < buffer.Length ? stream.Read(buffer, end, buffer.Length - end) : 0;
            if (read == 0)
            {
                if (end > 0)
                    yield return (offset, buffer.AsMemory(0, end), false);
                yield break;
            }

            end += read;
        }
    }
}
