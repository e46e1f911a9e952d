using System.Buffers.Binary;
using System.Text;

namespace KeyService.Fuzz.Mutation;

/// <summary>Changes that need no knowledge of a format.</summary>
internal static class ByteMutations
{
    private static readonly byte[] TellingBytes = [0, 1, 0x7f, 0x80, 0xff, (byte)'"', (byte)'\\', (byte)'%', (byte)'\n', (byte)'.', (byte)'=', (byte)'-', (byte)' '];
    private static readonly ulong[] TellingNumbers = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, int.MaxValue, 0x8000_0000, uint.MaxValue, long.MaxValue, ulong.MaxValue];

    private static readonly byte[][] TellingTexts =
    [
        [0xef, 0xbb, 0xbf], [0xff, 0xfe], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x80, 0xa8], [0xf0, 0x9f, 0x94],
        .. new[] { @"\ud83d", @"\ude00\ud83d", @"\u0000", "%", "%0", "%ff%fe", "=", "==", "null", "1e400", "-0", "99999999999999999999999999", "\r\n", ":", ": ", "- ", "*", "&a", "!!", "|", "\t", "é😀" }
            .Select(Encoding.UTF8.GetBytes),
    ];

    public static byte[] Mutate(Random random, byte[] input, byte[] other) => random.Next(9) switch
    {
        0 => Change(random, input, (bytes, at) => bytes[at] ^= (byte)(1 << random.Next(8))),
        1 => Change(random, input, (bytes, at) => bytes[at] = random.Next(4) == 0 ? (byte)random.Next(256) : TellingBytes[random.Next(TellingBytes.Length)]),
        2 => Change(random, input, (bytes, at) => WriteNumber(random, bytes.AsSpan(at))),
        3 => Cut(random, input),
        4 => Repeat(random, input),
        5 => Insert(random, input, TellingTexts[random.Next(TellingTexts.Length)]),
        6 => input[..random.Next(input.Length + 1)],
        7 => [.. input.AsSpan(0, random.Next(input.Length + 1)), .. other.AsSpan(random.Next(other.Length + 1))],
        _ => Insert(random, input, Part(random, other)),
    };

    /// <summary>A range, short more often than long.</summary>
    public static Range Part(Random random, int length)
    {
        var from = random.Next(length + 1);
        var most = length - from;
        var size = random.Next(4) == 0 ? random.Next(most + 1) : Math.Min(most, random.Next(1, 9));
        return from..(from + size);
    }

    private static ReadOnlySpan<byte> Part(Random random, byte[] bytes) => bytes.AsSpan(Part(random, bytes.Length));

    private static byte[] Change(Random random, byte[] input, Action<byte[], int> change)
    {
        if (input.Length == 0)
            return input;
        byte[] changed = [.. input];
        change(changed, random.Next(changed.Length));
        return changed;
    }

    private static void WriteNumber(Random random, Span<byte> target)
    {
        Span<byte> number = stackalloc byte[8];
        var value = TellingNumbers[random.Next(TellingNumbers.Length)];
        var width = 1 << random.Next(4);
        if (random.Next(2) == 0)
            BinaryPrimitives.WriteUInt64LittleEndian(number, value);
        else
            BinaryPrimitives.WriteUInt64BigEndian(number, value << (64 - (8 * width)));
        number[..Math.Min(width, target.Length)].CopyTo(target);
    }

    private static byte[] Cut(Random random, byte[] input)
    {
        var part = Part(random, input.Length);
        return [.. input.AsSpan(..part.Start.Value), .. input.AsSpan(part.End.Value..)];
    }

    private static byte[] Repeat(Random random, byte[] input)
    {
        var part = Part(random, input.Length);
        var size = part.End.Value - part.Start.Value;
        if (size == 0)
            return input;
        var times = random.Next(16) == 0 ? Math.Min(4096, (32 << 10) / size) : random.Next(1, 4);
        var repeated = new byte[size * times];
        for (var i = 0; i < times; i++)
            input.AsSpan(part).CopyTo(repeated.AsSpan(i * size));
        return [.. input.AsSpan(..part.End.Value), .. repeated, .. input.AsSpan(part.End.Value..)];
    }

    private static byte[] Insert(Random random, byte[] input, ReadOnlySpan<byte> what)
    {
        var at = random.Next(input.Length + 1);
        return [.. input.AsSpan(0, at), .. what, .. input.AsSpan(at)];
    }
}
