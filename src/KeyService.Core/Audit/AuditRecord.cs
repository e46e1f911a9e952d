namespace KeyService.Core.Audit;

/// <summary>What a line of the audit log says, but for its place in the chain. Members that are null are left out.</summary>
public sealed record AuditRecord
{
    /// <summary>UTC; written with milliseconds.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>One of <see cref="AuditEvent"/>.</summary>
    public required string Event { get; init; }

    /// <summary>Name of the RPC, or of the provider's act, such as <c>Provider.CreateKey</c>.</summary>
    public string? Method { get; init; }

    /// <summary>Who asked for it.</summary>
    public string? Principal { get; init; }

    public string? Peer { get; init; }

    public string? KeySet { get; init; }

    public string? Kid { get; init; }

    public string? Algorithm { get; init; }

    /// <summary>base64url SHA-256 of the signing input.</summary>
    public string? InputHash { get; init; }

    /// <summary>base64url of a digest that the caller made: then the input itself was never here.</summary>
    public string? Digest { get; init; }

    public string? Provider { get; init; }

    public string? Label { get; init; }

    public string? Handle { get; init; }

    /// <summary><c>OK</c>, or the gRPC status in capitals.</summary>
    public string? Outcome { get; init; }

    /// <summary>The stable reason of a failure, such as <c>KID_NOT_ACTIVE</c>.</summary>
    public string? Error { get; init; }

    /// <summary>True where a caller set the rules of rotation aside: an emergency rotation or a revocation.</summary>
    public bool Override { get; init; }

    /// <summary>Why, in the caller's words.</summary>
    public string? Reason { get; init; }

    /// <summary>Trace id of the call, 32 hex digits.</summary>
    public string? Trace { get; init; }

    /// <summary>Of <see cref="AuditEvent.Open"/>: whose chain this is.</summary>
    public string? Instance { get; init; }

    /// <summary>Of <see cref="AuditEvent.Open"/>: bytes of an unfinished end that a crash had left and that were moved aside.</summary>
    public long? Cut { get; init; }

    /// <summary>Of <see cref="AuditEvent.Resume"/>: records that were not written; what they were of was not handed out where the log fails closed.</summary>
    public long? Lost { get; init; }

    /// <summary>Of <see cref="AuditEvent.Checkpoint"/>: the signed <see cref="CheckpointStatement"/>.</summary>
    public string? Jws { get; init; }
}
