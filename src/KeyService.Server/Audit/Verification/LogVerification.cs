using KeyService.Core.Audit;

namespace KeyService.Server.Audit.Verification;

/// <summary>Reads a log from its first file to its last and finds the first thing that does not fit.</summary>
internal sealed class LogVerification
{
    private readonly CheckpointKeys? _keys;
    private readonly AuditTip? _from;
    private readonly AuditChain _chain;
    private readonly CheckpointTrail _trail;
    private AuditLine? _last;
    private AuditLine? _secondLast;
    private long _first;
    private int _files;
    private bool _unfinished;

    private LogVerification(CheckpointKeys? keys, AuditTip? from)
    {
        _keys = keys;
        _from = from;
        _chain = new AuditChain(from is null ? AuditTip.Start : null);
        _trail = new CheckpointTrail(keys);
    }

    /// <param name="keys">What checkpoints must be signed with; null to take their word.</param>
    /// <param name="from">A line that is known: what is before it may be gone, but it, and all after it, must be there.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static LogVerdict Verify(string folder, CheckpointKeys? keys, AuditTip? from)
    {
        var verification = new LogVerification(keys, from);
        var fault = verification.FaultOf([.. AuditFormat.InOrder(Directory.EnumerateFiles(folder))]);
        return verification.Conclude(fault);
    }

    private string? FaultOf(string[] files)
    {
        foreach (var file in files)
        {
            var number = 0;
            if (_unfinished)
                return $"{Path.GetFileName(files[_files - 1])}: its last line is unfinished, though another file follows";
            _files++;
            using var stream = File.OpenRead(file);
            foreach (var (_, bytes, isWhole) in AuditLines.Read(stream))
            {
                number++;
                _unfinished = !isWhole;
                if (isWhole && FaultOf(bytes.Span, number == 1 ? file : null) is { } fault)
                    return $"{Path.GetFileName(file)}, line {number}: {fault}";
            }

            if (number == 0 && file != files[^1])
                return $"{Path.GetFileName(file)}: it is empty, though another file follows";
        }

        return files.Length == 0 ? "there is no file of an audit log" : MissesAnchor();
    }

    private string? FaultOf(ReadOnlySpan<byte> bytes, string? beginsFile)
    {
        if (!_chain.TryTake(bytes, out var line, out var fault))
            return fault;
        if (beginsFile is not null && AuditFormat.FirstSequenceOf(beginsFile) != line.Sequence)
            return $"it has number {line.Sequence}, which is not what the file's name says";
        if (_first == 0)
            _first = line.Sequence;
        if (_from is { } from && ContradictsAnchor(line, from) is { } contradiction)
            return contradiction;
        (_secondLast, _last) = (_last, line);
        return _trail.FaultOf(line, _chain.Instance);
    }

    private static string? ContradictsAnchor(AuditLine line, AuditTip from)
    {
        if (line.Sequence == from.Sequence && line.Hash != from.Hash)
            return $"it is not the line {from.Sequence} that was known: the log was written anew";
        return line.Sequence == from.Sequence + 1 && line.Previous != from.Hash
            ? $"it does not follow the line {from.Sequence} that was known: the log was written anew"
            : null;
    }

    private string? MissesAnchor()
    {
        if (_from is not { } from || (_first <= from.Sequence + 1 && (_last?.Sequence ?? 0) >= from.Sequence))
            return null;
        return _last is null || _last.Sequence < from.Sequence
            ? $"it ends before line {from.Sequence}, which was known: lines were removed"
            : $"it begins with line {_first}, though line {from.Sequence + 1} follows the one that is known: lines were removed";
    }

    private LogVerdict Conclude(string? fault)
    {
        var state = fault is not null ? LogState.Damaged : IsClosed() ? LogState.Whole : LogState.OpenEnd;
        return new LogVerdict(
            state, fault, _files, _first, _chain.Tip?.Sequence ?? 0, _chain.Instance, _trail.Count, _trail.Covered?.Sequence ?? 0, _keys is not null);
    }

    /// <summary>
    /// The last line says that the process stopped in order, or is the checkpoint on the line that says so. Where keys were given
    /// only the latter counts: anybody could write the former.
    /// </summary>
    private bool IsClosed()
    {
        if (_unfinished)
            return false;
        if (_last is { Event: AuditEvent.Checkpoint } && _secondLast is { Event: AuditEvent.Close } closed)
            return _trail.Covered == new AuditTip(closed.Sequence, closed.Hash);
        return _keys is null && _last is { Event: AuditEvent.Close };
    }
}
