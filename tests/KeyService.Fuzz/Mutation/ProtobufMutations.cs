using Google.Protobuf;

namespace KeyService.Fuzz.Mutation;

/// <summary>Changes of whole fields of an encoded message, at any depth.</summary>
internal static class ProtobufMutations
{
    private static readonly ulong[] Numbers = [0, 1, 127, 128, int.MaxValue, 0x8000_0000, uint.MaxValue, long.MaxValue, 1UL << 63, ulong.MaxValue, 315_576_000_001, 1_000_000_000];

    public static byte[] Mutate(Random random, byte[] input, byte[] other)
    {
        var fields = Fields(input);
        if (fields.Count == 0)
            return [.. input, .. Field(random)];
        var (from, content, to) = fields[random.Next(fields.Count)];
        var isNested = content > from && random.Next(2) == 0;
        return random.Next(6) switch
        {
            _ when isNested => Rewrap(input, from, to, Mutate(random, input[content..to], other)),
            0 => [.. input.AsSpan(0, from), .. input.AsSpan(to)],
            1 => [.. input.AsSpan(0, to), .. input.AsSpan(from)],
            2 => [.. input.AsSpan(0, from), .. Field(random), .. input.AsSpan(to)],
            3 => [.. input.AsSpan(0, to), .. Field(random), .. input.AsSpan(to)],
            4 => content > from ? Rewrap(input, from, to, ByteMutations.Mutate(random, input[content..to], other)) : Retag(random, input, from),
            _ => Retag(random, input, from),
        };
    }

    /// <summary>Number and kind of a field are one small varint in all of our messages.</summary>
    private static byte[] Retag(Random random, byte[] input, int at)
    {
        byte[] changed = [.. input];
        changed[at] = (byte)((random.Next(1, 10) << 3) | random.Next(8));
        return changed;
    }

    private static byte[] Rewrap(byte[] input, int from, int to, byte[] content) =>
        [.. input.AsSpan(0, from + 1), .. Varint((ulong)content.Length), .. content, .. input.AsSpan(to)];

    private static byte[] Field(Random random)
    {
        var number = random.Next(16) == 0 ? (uint)random.Next(1, 1 << 29) : (uint)random.Next(1, 10);
        return random.Next(6) switch
        {
            0 => [.. Varint((number << 3) | 0), .. Varint(Numbers[random.Next(Numbers.Length)])],
            1 => [.. Varint((number << 3) | 1), 1, 2, 3, 4, 5, 6, 7, 8],
            2 => [.. Varint((number << 3) | 2), .. Varint(Numbers[random.Next(Numbers.Length)])], // a length that nothing follows
            3 => [.. Varint((number << 3) | 2), 3, (byte)'a', (byte)random.Next(256), (byte)random.Next(256)],
            4 => [.. Enumerable.Repeat((byte)((random.Next(1, 10) << 3) | 3), random.Next(1, 300))], // groups, open and deep
            _ => [.. Varint((number << 3) | 5), 1, 2, 3, 4],
        };
    }

    private static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>(10);
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        return [.. bytes, (byte)value];
    }

    /// <summary>Where each field begins, where its content begins if it has a length, and where it ends; as far as it can be read.</summary>
    private static List<(int From, int Content, int To)> Fields(byte[] message)
    {
        var fields = new List<(int From, int Content, int To)>();
        using var reader = new CodedInputStream(message);
        try
        {
            while (!reader.IsAtEnd)
            {
                var from = (int)reader.Position;
                var content = from;
                if (WireFormat.GetTagWireType(reader.ReadTag()) == WireFormat.WireType.LengthDelimited)
                {
                    var length = reader.ReadBytes().Length;
                    content = (int)reader.Position - length;
                }
                else
                {
                    reader.SkipLastField();
                }

                fields.Add((from, content, (int)reader.Position));
            }
        }
        catch (InvalidProtocolBufferException)
        {
            // An earlier change broke the rest.
        }

        return fields;
    }
}
