namespace KeyService.Core.Audit;

/// <summary>What a line of the audit log tells of: its member <c>event</c>.</summary>
public static class AuditEvent
{
    /// <summary>A change is about to be made; its <see cref="End"/> follows, unless the process dies before.</summary>
    public const string Begin = "begin";

    /// <summary>A call or a change has ended.</summary>
    public const string End = "end";

    /// <summary>A process began to write, or a new file was begun: says whose chain it is.</summary>
    public const string Open = "open";

    /// <summary>The disk takes lines again, after it had not.</summary>
    public const string Resume = "resume";

    /// <summary>A signed statement on an earlier line.</summary>
    public const string Checkpoint = "checkpoint";

    /// <summary>The process stopped in order: nothing was cut off behind this line.</summary>
    public const string Close = "close";
}
