using KeyService.Core.Audit;

namespace KeyService.Server.Audit.Verification;

/// <summary>Compares what checkpoints say with the lines that they speak of.</summary>
internal sealed class CheckpointTrail(CheckpointKeys? keys)
{
    /// <summary>Lines back that a checkpoint may speak of: far more than are written while one is signed.</summary>
    private const int Longest = 1 << 20;

    private readonly Queue<AuditTip> _recent = new();
    private long _first;

    public int Count { get; private set; }

    /// <summary>The line up to which the last checkpoint vouches.</summary>
    public AuditTip? Covered { get; private set; }

    /// <summary>Takes the next line of the chain in.</summary>
    /// <returns>What is wrong with its checkpoint; null where nothing is, or it has none.</returns>
    public string? FaultOf(AuditLine line, string? instance)
    {
        if (_first == 0)
            _first = line.Sequence;
        var fault = line.Event == AuditEvent.Checkpoint ? Compare(line, instance) : null;
        _recent.Enqueue(new AuditTip(line.Sequence, line.Hash));
        if (_recent.Count > Longest)
            _recent.Dequeue();
        return fault;
    }

    private string? Compare(AuditLine line, string? instance)
    {
        if (line.Jws is not { } jws || CheckpointKeys.StatementOf(jws) is not { } statement)
            return "its checkpoint is no JWS of this kind";
        if (keys is not null && !keys.TryVerify(jws, out var fault))
            return fault;
        if (instance is not null && statement.Instance != instance)
            return $"its checkpoint is of instance {statement.Instance}";
        if (statement.Tip.Sequence < _first)
            return null; // of a line before those that are looked at
        while (_recent.TryPeek(out var tip) && tip.Sequence < statement.Tip.Sequence)
            _recent.Dequeue();
        if (!_recent.TryPeek(out var meant) || meant != statement.Tip)
            return $"its checkpoint vouches for another line {statement.Tip.Sequence} than the one that is there: the log was written anew";
        (Count, Covered) = (Count + 1, meant);
        return null;
    }
}
