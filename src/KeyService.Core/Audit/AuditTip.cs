namespace KeyService.Core.Audit;

/// <summary>A place in the chain: a line's number and its hash, in base64url. What was said before it cannot change without it.</summary>
public readonly record struct AuditTip(long Sequence, string Hash)
{
    /// <summary>Before the first line, which has number 1: 32 zero bytes.</summary>
    public static readonly AuditTip Start = new(0, new string('A', AuditFormat.HashLength));
}
