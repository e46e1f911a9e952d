using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace KeyService.Core.Audit;

/// <summary>Writes records as lines of the chain. Not for several threads at once: it keeps its JSON writer.</summary>
public sealed class AuditLineWriter : IDisposable
{
    /// <summary>Longest text of a member; what a caller sent beyond it is cut off, so that lines stay bounded whatever is escaped.</summary>
    public const int MaxText = 256;

    private const int MaxJws = 12 << 10; // ML-DSA-87 makes the longest, of 6.5 KiB
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    // The default encoder escapes all but printable ASCII, so no value can end a line, or play tricks on a terminal.
    private readonly Utf8JsonWriter _json = new(Stream.Null);

    /// <summary>Appends the line of <paramref name="record"/> that follows <paramref name="tip"/>.</summary>
    /// <returns>Where the chain stands then.</returns>
    public AuditTip Write(ArrayBufferWriter<byte> lines, AuditTip tip, AuditRecord record)
    {
        var begins = lines.WrittenCount;
        var sequence = tip.Sequence + 1;
        _json.Reset(lines);
        _json.WriteStartObject();
        _json.WriteNumber("seq"u8, sequence);
        WriteWhat(record);
        WriteOutcome(record);
        WriteOfTheLogItself(record);
        _json.WriteString("prev"u8, tip.Hash);
        _json.Flush();

        var hash = AuditFormat.HashOf(lines.WrittenSpan[begins..]);
        lines.Write(",\"hash\":\""u8);
        Encoding.ASCII.GetBytes(hash, lines);
        lines.Write("\"}\n"u8);
        return new AuditTip(sequence, hash);
    }

    public void Dispose() => _json.Dispose();

    private void WriteWhat(AuditRecord record)
    {
        Span<char> time = stackalloc char[TimeFormat.Length];
        record.Time.UtcDateTime.TryFormat(time, out var length, TimeFormat, CultureInfo.InvariantCulture);
        _json.WriteString("time"u8, time[..length]);
        Write("event"u8, record.Event);
        Write("method"u8, record.Method);
        Write("principal"u8, record.Principal);
        Write("peer"u8, record.Peer);
        Write("key_set"u8, record.KeySet);
        Write("kid"u8, record.Kid);
        Write("alg"u8, record.Algorithm);
        Write("sha256"u8, record.InputHash);
        Write("digest"u8, record.Digest);
        Write("provider"u8, record.Provider);
        Write("label"u8, record.Label);
        Write("handle"u8, record.Handle);
    }

    private void WriteOutcome(AuditRecord record)
    {
        Write("outcome"u8, record.Outcome);
        Write("error"u8, record.Error);
        if (record.Override)
            _json.WriteBoolean("override"u8, true);
        Write("reason"u8, record.Reason);
        Write("trace"u8, record.Trace);
    }

    private void WriteOfTheLogItself(AuditRecord record)
    {
        if (record.Instance is not null)
            _json.WriteNumber("format"u8, AuditFormat.Version);
        Write("instance"u8, record.Instance);
        if (record.Cut is { } cut)
            _json.WriteNumber("cut"u8, cut);
        if (record.Lost is { } lost)
            _json.WriteNumber("lost"u8, lost);
        if (record.Jws is { } jws)
            _json.WriteString("jws"u8, jws.Length <= MaxJws ? jws : throw new ArgumentException("The checkpoint is too long for a line.", nameof(record)));
    }

    private void Write(ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
            _json.WriteString(name, value.Length <= MaxText ? value : value.AsSpan(0, MaxText));
    }
}
