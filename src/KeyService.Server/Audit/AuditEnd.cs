using KeyService.Core.Audit;

namespace KeyService.Server.Audit;

/// <summary>Where a process before this one had come to in its log.</summary>
/// <param name="LastFile">The last file; null where there is none.</param>
/// <param name="Length">Of that file.</param>
/// <param name="Instance">Whose log it is; null where it is new.</param>
/// <param name="Cut">Bytes of an unfinished end that were moved into a file beside it.</param>
internal readonly record struct AuditEnd(string? LastFile, long Length, AuditTip Tip, string? Instance, long Cut)
{
    private const string TornSuffix = ".torn";

    /// <summary>Finds the end. What a crash left unfinished there is moved aside; anything else that does not fit is left as it is.</summary>
    /// <exception cref="IOException">The log cannot be read, or was changed by others.</exception>
    public static AuditEnd Find(string folder)
    {
        var cut = 0L;
        foreach (var file in AuditFormat.InOrder(Directory.EnumerateFiles(folder)).Reverse())
        {
            var chain = new AuditChain(tip: null);
            var (length, tail) = ReadTo(file, chain);
            if (tail.Length > 0)
            {
                MoveAside(file, length, tail);
                cut += tail.Length;
            }

            if (chain.Tip is { } tip)
                return new AuditEnd(file, length, tip, chain.Instance, cut);
            File.Delete(file); // a crash came before its first line was whole
        }

        return new AuditEnd(null, 0, AuditTip.Start, null, cut);
    }

    /// <summary>The length of what fits, and what is behind it.</summary>
    private static (long Length, byte[] Tail) ReadTo(string file, AuditChain chain)
    {
        using var stream = File.OpenRead(file);
        foreach (var (offset, bytes, isWhole) in AuditLines.Read(stream))
        {
            string? fault = null;
            if (isWhole && chain.TryTake(bytes.Span, out _, out fault))
                continue;
            var tail = new byte[stream.Length - offset];
            stream.Position = offset;
            stream.ReadExactly(tail);
            // The end of a write that was cut off has no line end behind it; a lost block of a machine that crashed holds zeros,
            // which no line does. Whatever else does not fit was changed by someone, and stays as it is for those who look into that.
            if (tail.Contains((byte)'\n') && !tail.Contains((byte)0))
                throw new IOException($"The audit log was changed: in {file}, line {(chain.Tip?.Sequence ?? 0) + 1} at byte {offset}: {fault}. See `keyservice audit verify`; a new log can be begun in another folder.");
            return (offset, tail);
        }

        return (stream.Length, []);
    }

    private static void MoveAside(string file, long length, byte[] tail)
    {
        var aside = $"{file}.{length}{TornSuffix}";
        using (var copy = new FileStream(aside, AuditFolder.Options(FileMode.Create, FileShare.None)))
        {
            copy.Write(tail);
            copy.Flush(flushToDisk: true);
        }

        using var torn = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.SetLength(torn, length);
        RandomAccess.FlushToDisk(torn);
    }
}
