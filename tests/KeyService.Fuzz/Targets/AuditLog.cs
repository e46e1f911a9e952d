using System.Buffers;
using System.Buffers.Text;
using System.Text;
using KeyService.Core.Audit;

namespace KeyService.Fuzz.Targets;

/// <summary>The audit log as <c>audit verify</c> reads it from files that someone may have changed, and as it is written of what callers sent.</summary>
internal static class AuditLog
{
    private const string HashMember = ",\"hash\":\"";
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    private static readonly CheckpointStatement Statement = new("00112233445566778899aabbccddeeff", new AuditTip(7, new string('x', 43)), Noon);

    public static IReadOnlyList<byte[]> Lines { get; } =
    [
        Line(new AuditRecord { Time = Noon, Event = AuditEvent.Open, Instance = "00112233445566778899aabbccddeeff", Cut = 17 }),
        Line(new AuditRecord { Time = Noon, Event = AuditEvent.End, Method = "Sign", Principal = "anonymous", KeySet = "default", Kid = new string('k', 43), Algorithm = "ES256", Outcome = "OK", Override = true, Reason = "é\"\n" }),
        Line(new AuditRecord { Time = Noon, Event = AuditEvent.Checkpoint, Jws = "e30.e30.AAAA" }),
        Line(new AuditRecord { Time = Noon, Event = AuditEvent.Resume, Lost = long.MaxValue }),
    ];

    public static IReadOnlyList<byte[]> Texts { get; } = [.. new[] { "default", "é😀\u0000\u001b[2J\"\\,\"hash\":\"", new string('\u2028', 300), "👩‍👩‍👧‍👦" }.Select(Encoding.UTF8.GetBytes)];

    public static IReadOnlyList<byte[]> Statements { get; } = [Statement.Write()];

    public static IReadOnlyList<byte[]> Checkpoints { get; } =
    [
        Encoding.ASCII.GetBytes($"{Base64Url.EncodeToString("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"keyservice-audit\"}"u8)}.{Base64Url.EncodeToString(Statement.Write())}.{Base64Url.EncodeToString(ExampleKeys.Bytes(64))}"),
    ];

    /// <summary>With the hash that fits: whoever can change a file can do that, too.</summary>
    public static byte[] Rehash(Random random, byte[] input)
    {
        var at = input.AsSpan().LastIndexOf(Encoding.ASCII.GetBytes(HashMember));
        var body = input.AsSpan(0, at < 0 ? input.Length : at);
        return [.. body, .. Encoding.ASCII.GetBytes($"{HashMember}{AuditFormat.HashOf(body)}\"}}")];
    }

    public static bool TakeLine(byte[] input)
    {
        byte[] file = [.. input, (byte)'\n', .. input];
        using (var stream = new MemoryStream(file))
            Rule.Holds(AuditLines.Read(stream).Sum(line => line.Bytes.Length + (line.IsWhole ? 1 : 0)) == file.Length, "a file was cut into lines that are not all of it");
        if (!AuditLine.TryRead(input, out var read, out var fault))
        {
            Rule.Holds(fault is not null, "a line was refused without a reason");
            return false;
        }

        Rule.Holds(read.Hash == AuditFormat.HashOf(input.AsSpan(0, input.Length - HashMember.Length - AuditFormat.HashLength - 2)), "a line was taken whose hash does not fit");
        Rule.Holds(new AuditChain(null).TryTake(input, out _, out _), "a line is no beginning of a chain");
        Rule.Holds(!new AuditChain(new AuditTip(read.Sequence, read.Previous)).TryTake(input, out _, out _), "a line follows one of its own number");
        if (read.Jws is { } jws)
            CheckpointKeys.StatementOf(jws);
        return true;
    }

    /// <summary>Whatever a caller sends, the line of it is one line, bounded, printable, and can be read.</summary>
    public static bool TakeText(byte[] input)
    {
        var text = new string([.. Encoding.UTF8.GetString(input).Select((character, i) => i % 7 == 6 ? (char)(character ^ 0xd800) : character)]); // halves of surrogate pairs among it
        var record = new AuditRecord
        {
            Time = Noon,
            Event = AuditEvent.End,
            Method = text,
            Principal = text,
            Peer = text,
            KeySet = text,
            Kid = text,
            Algorithm = text,
            InputHash = text,
            Digest = text,
            Provider = text,
            Label = text,
            Handle = text,
            Outcome = text,
            Error = text,
            Reason = text,
            Trace = text,
            Instance = text,
        };
        var line = Line(record);
        Rule.Holds(line.Length < AuditFormat.MaxLineBytes && Array.TrueForAll(line, letter => letter is >= (byte)' ' and <= (byte)'~'), "a line is too long or not printable");
        Rule.Holds(AuditLine.TryRead(line, out var read, out _) && read.Event == AuditEvent.End, "a line that was written cannot be read");
        return true;
    }

    public static bool TakeStatement(byte[] input)
    {
        if (CheckpointStatement.Read(input) is not { } statement)
            return false;
        Rule.Holds(CheckpointStatement.Read(statement.Write()) == statement, "a statement is another one after it was written");
        return true;
    }

    public static bool TakeCheckpoint(byte[] input)
    {
        var jws = Encoding.UTF8.GetString(input);
        using var keys = new CheckpointKeys();
        Rule.Holds(!keys.TryVerify(jws, out var fault) && fault is not null, "a checkpoint was vouched for without a key");
        return CheckpointKeys.StatementOf(jws) is not null;
    }

    private static byte[] Line(AuditRecord record)
    {
        using var writer = new AuditLineWriter();
        var lines = new ArrayBufferWriter<byte>();
        writer.Write(lines, AuditTip.Start, record);
        return lines.WrittenSpan[..^1].ToArray();
    }
}
