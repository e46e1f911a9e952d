namespace KeyService.Testing.Aws;

/// <summary>Something that goes wrong with a call.</summary>
public sealed record AwsFault
{
    /// <summary>KMS throttles with HTTP 400, unlike other services (KMS Developer Guide, "Throttling").</summary>
    public static readonly AwsFault Throttled = Error("ThrottlingException", 400);

    public static readonly AwsFault Internal = Error("KMSInternalException", 500);

    /// <summary>A right is missing, or the tags that it goes by do not count yet.</summary>
    public static readonly AwsFault Denied = Error("AccessDeniedException", 400);

    public static readonly AwsFault DependencyTimeout = Error("DependencyTimeoutException", 503);

    public static readonly AwsFault KeyUnavailable = Error("KeyUnavailableException", 500);

    /// <summary>The connection is cut before the call has any effect.</summary>
    public static readonly AwsFault Dropped = new() { IsDropped = true };

    /// <summary>The call is carried out and the connection cut before the reply.</summary>
    public static readonly AwsFault ReplyLost = new() { LosesReply = true };

    /// <summary>No reply while the caller waits.</summary>
    public static readonly AwsFault Hangs = new() { Hanging = true };

    /// <summary>The reply names another key.</summary>
    public static readonly AwsFault ForeignKeyId = new() { NamesForeignKey = true };

    /// <summary>One bit of the signature's last byte is turned.</summary>
    public static readonly AwsFault WrongSignature = new() { Spoils = static signature => [.. signature[..^1], (byte)(signature[^1] ^ 1)] };

    /// <summary>A byte after the signature.</summary>
    public static readonly AwsFault TrailingByte = new() { Spoils = static signature => [.. signature, 0] };

    public string? ErrorType { get; private init; }

    public int Status { get; private init; }

    internal bool IsDropped { get; private init; }

    internal bool LosesReply { get; private init; }

    internal bool Hanging { get; private init; }

    internal bool NamesForeignKey { get; private init; }

    internal Func<byte[], byte[]>? Spoils { get; private init; }

    public static AwsFault Error(string type, int status) => new() { ErrorType = type, Status = status };
}
