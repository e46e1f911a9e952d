using System.Diagnostics.CodeAnalysis;

namespace KeyService.Core.Audit;

/// <summary>Follows a chain line by line. It trusts where it begins; who needs to know that gives it a tip.</summary>
/// <param name="tip">The line before the first; null to take the first line's word for it.</param>
public sealed class AuditChain(AuditTip? tip)
{
    /// <summary>The last line that fitted.</summary>
    public AuditTip? Tip { get; private set; } = tip;

    /// <summary>Whose chain it is, by the last line that said so.</summary>
    public string? Instance { get; private set; }

    /// <summary>Takes the next line in.</summary>
    /// <param name="line">Without its end.</param>
    /// <param name="fault">Why it does not follow: then nothing is taken in.</param>
    public bool TryTake(ReadOnlySpan<byte> line, [NotNullWhen(true)] out AuditLine? read, [NotNullWhen(false)] out string? fault)
    {
        if (!AuditLine.TryRead(line, out read, out fault))
            return false;
        fault = FaultOf(read);
        if (fault is not null)
            return false;
        Tip = new AuditTip(read.Sequence, read.Hash);
        Instance = read.Instance ?? Instance;
        return true;
    }

    private string? FaultOf(AuditLine line)
    {
        if (Tip is { } tip && line.Sequence != tip.Sequence + 1)
            return $"it has number {line.Sequence} where {tip.Sequence + 1} must follow: lines were removed, repeated or moved";
        if (Tip is { } before && line.Previous != before.Hash)
            return "its prev is not the hash of the line before: that line was changed, or this one belongs elsewhere";
        return line.Instance is not null && Instance is not null && line.Instance != Instance
            ? $"it is of instance {line.Instance}, the lines before of {Instance}"
            : null;
    }
}
