namespace KeyService.Fuzz.Mutation;

/// <summary>Changes of whole elements of a DER encoding, with the lengths around them right again, or wrong on purpose.</summary>
internal static class DerMutations
{
    private static readonly byte[] Tags = [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x1f, 0x30, 0x31, 0xa0, 0x24, 0x23, 0x00];
    private static readonly byte[][] Elements = [[5, 0], [2, 0], [2, 1, 0], [2, 1, 0x80], [2, 2, 0, 1], [2, 2, 0, 0x80], [3, 1, 0], [6, 0], [6, 1, 0x80], [0, 0], [0x30, 0x80], [0x30, 0], [6, 3, 0x2b, 0x65, 0x70]];

    public static byte[] Mutate(Random random, byte[] input, byte[] other)
    {
        var elements = Read(input);
        if (elements is null or { Count: 0 })
            return ByteMutations.Mutate(random, input, other);
        var at = random.Next(elements.Count);
        var (tag, content) = elements[at];
        var isConstructed = (tag & 0x20) != 0 || (tag is 3 or 4 && random.Next(2) == 0);
        if (isConstructed && random.Next(5) != 0)
        {
            elements[at] = (tag, Mutate(random, content, other));
            return Write(elements);
        }

        switch (random.Next(8))
        {
            case 0:
                elements[at] = (Tags[random.Next(Tags.Length)], content);
                break;
            case 1:
                elements.RemoveAt(at);
                break;
            case 2:
                elements.Insert(at, elements[random.Next(elements.Count)]);
                break;
            case 3:
                elements[at] = (tag, [0, .. content]);
                break;
            case 4:
                return [.. Write(elements[..at]), .. Elements[random.Next(Elements.Length)], .. Write(elements[at..])];
            case 5:
                return [.. Write(elements[..at]), tag, .. LongLength(random, content.Length), .. content, .. Write(elements[(at + 1)..])];
            default:
                elements[at] = (tag, random.Next(2) == 0 ? Scrambled(random, content) : ByteMutations.Mutate(random, content, other));
                break;
        }

        return Write(elements);
    }

    private static byte[] Scrambled(Random random, byte[] content)
    {
        byte[] scrambled = [.. content];
        random.NextBytes(scrambled.AsSpan(ByteMutations.Part(random, content.Length)));
        return scrambled;
    }

    /// <summary>A length in more bytes than it needs, or one that is no length at all.</summary>
    private static byte[] LongLength(Random random, int length) => random.Next(5) switch
    {
        0 => [0x81, (byte)length],
        1 => [0x82, (byte)(length >> 8), (byte)length],
        2 => [0x84, 0, 0, (byte)(length >> 8), (byte)length],
        3 => [0x80],
        _ => [0x84, 0x7f, 0xff, 0xff, 0xff],
    };

    /// <summary>Null where the bytes are no row of elements of one tag byte each.</summary>
    private static List<(byte Tag, byte[] Content)>? Read(ReadOnlySpan<byte> der)
    {
        var elements = new List<(byte Tag, byte[] Content)>();
        while (!der.IsEmpty)
        {
            var (header, length) = der switch
            {
                [_, < 0x80, ..] => (2, (int)der[1]),
                [_, 0x81, ..] when der.Length > 2 => (3, der[2]),
                [_, 0x82, ..] when der.Length > 3 => (4, (der[2] << 8) | der[3]),
                _ => (0, 0),
            };
            if (header == 0 || der.Length < header + length)
                return null;
            elements.Add((der[0], der.Slice(header, length).ToArray()));
            der = der[(header + length)..];
        }

        return elements;
    }

    private static byte[] Write(List<(byte Tag, byte[] Content)> elements) => [.. elements.SelectMany(element => (IEnumerable<byte>)[element.Tag, .. Length(element.Content.Length), .. element.Content])];

    private static byte[] Length(int length) => length switch
    {
        < 0x80 => [(byte)length],
        < 0x100 => [0x81, (byte)length],
        _ => [0x82, (byte)(length >> 8), (byte)length],
    };
}
