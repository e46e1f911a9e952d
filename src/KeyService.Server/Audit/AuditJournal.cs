using System.Buffers;
using System.Security.Cryptography;
using KeyService.Core.Audit;

namespace KeyService.Server.Audit;

/// <summary>Makes records the next lines of the chain and puts them on the disk. For one thread.</summary>
internal sealed class AuditJournal : IDisposable
{
    private readonly AuditFolder _folder;
    private readonly int _maxFileBytes;
    private readonly TimeProvider _time;
    private readonly AuditLineWriter _writer = new();
    private readonly ArrayBufferWriter<byte> _lines = new(64 << 10);
    private DateTime _day;

    /// <summary>Takes the log in a folder over and says so in a first line, on the disk when this returns.</summary>
    /// <param name="beforeFlush">See <see cref="AuditFolder.BeforeFlush"/>.</param>
    /// <exception cref="IOException">As <see cref="AuditFolder.Open"/>, or the disk does not take the line.</exception>
    public AuditJournal(string path, int maxFileBytes, TimeProvider time, Action? beforeFlush = null)
    {
        _folder = AuditFolder.Open(path, beforeFlush);
        _maxFileBytes = maxFileBytes;
        _time = time;
        Instance = _folder.Found.Instance ?? RandomNumberGenerator.GetHexString(16, lowercase: true);
        Tip = _folder.Found.Tip;
        _day = time.GetUtcNow().UtcDateTime.Date;
        try
        {
            Write([Opened(_folder.Found.Cut)], lost: null);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Whose log it is: random, made with the log, and kept.</summary>
    public string Instance { get; }

    /// <summary>The last line on the disk.</summary>
    public AuditTip Tip { get; private set; }

    /// <summary>Returns when the records are on the disk; after a failure none of them counts, and <see cref="Restore"/> is due.</summary>
    /// <param name="lost">Records that were not written since the last call, which a line tells first; null where there was no trouble.</param>
    /// <exception cref="IOException">The disk does not take them.</exception>
    public void Write(IReadOnlyList<AuditRecord> records, long? lost)
    {
        var today = _time.GetUtcNow().UtcDateTime.Date;
        if (_folder.Length > 0 && (_folder.Length >= _maxFileBytes || today != _day) || (_folder.Length == 0 && Tip == AuditTip.Start))
            _folder.Begin(Tip.Sequence + 1);
        _day = today;

        _lines.ResetWrittenCount();
        var tip = Tip;
        if (_folder.Length == 0 && records is not [{ Event: AuditEvent.Open }])
            tip = _writer.Write(_lines, tip, Opened(cut: 0)); // each file says whose it is
        if (lost is not null)
            tip = _writer.Write(_lines, tip, new AuditRecord { Time = _time.GetUtcNow(), Event = AuditEvent.Resume, Lost = lost });
        for (var i = 0; i < records.Count; i++)
            tip = _writer.Write(_lines, tip, records[i]);
        _folder.Append(_lines.WrittenSpan);
        Tip = tip;
    }

    /// <summary>After a failure, before anything is written again.</summary>
    public void Restore() => _folder.Restore();

    public void Dispose()
    {
        _writer.Dispose();
        _folder.Dispose();
    }

    private AuditRecord Opened(long cut) => new() { Time = _time.GetUtcNow(), Event = AuditEvent.Open, Instance = Instance, Cut = cut == 0 ? null : cut };
}
