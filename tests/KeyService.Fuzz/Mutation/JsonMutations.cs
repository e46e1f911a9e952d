using System.Text;
using System.Text.Json;

namespace KeyService.Fuzz.Mutation;

/// <summary>Changes of whole values, names and members of a JSON text.</summary>
internal static class JsonMutations
{
    private static readonly byte[][] Values =
    [
        .. new[]
        {
            "null", "true", "false", "0", "-1", "-0", "1e400", "1E-400", "0.1", "1.5", "9007199254740993", "2147483648", "9223372036854775808", "1e15", "253402300800", "253402300799.5",
            "79228162514264337593543950336", "{}", "[]", "[null]", "[{}]", "\"\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\ud83d\\ude00\"", "\"a\\nb\"", "\"0001-01-01T00:00:00.0000000Z\"",
            "\"9999-12-31T23:59:59.9999999Z\"", "\"10675199.02:48:05.4775807\"", "\"-00:00:01\"", "\"3600s\"", "\"-315576000000s\"", "\"0.0000000001s\"", "\"1\"", "\"AA==\"", "\"AB\"", "\"_-8\"", "\"*\"", "\"none\"", "\"ES256\"", "\"https://x.example/y\"",
            "\"a b\"", "\"a,b\"", "\"Ａ\"",
        }.Select(Encoding.UTF8.GetBytes),
        [(byte)'"', 0xff, (byte)'"'], [(byte)'"', 0xed, 0xa0, 0x80, (byte)'"'],
        Nested(15), Nested(16), Nested(65), Nested(2000), Encoding.UTF8.GetBytes($"\"{new string('x', 300)}\""), Encoding.UTF8.GetBytes($"\"{new string('é', 5000)}\""), Encoding.UTF8.GetBytes(new string('9', 400)),
    ];

    public static byte[] Mutate(Random random, byte[] input, byte[] other)
    {
        var tokens = Tokens(input);
        if (tokens.Count == 0)
            return ByteMutations.Mutate(random, input, other);
        var token = tokens[random.Next(tokens.Count)];
        var text = input[token.From..token.To];
        return Replace(input, token, random.Next(7) switch
        {
            0 or 1 => Value(random, token),
            2 => token.IsName ? [] : [(byte)'[', .. text, (byte)']'],
            3 => Foreign(random, input, token, other),
            4 => token.IsName ? [.. text, (byte)'0', (byte)',', .. text] : [.. text, (byte)',', .. text], // a second member of this name; another element
            5 => Escaped(random, text),
            _ => Stretched(random, text),
        });
    }

    private static byte[] Value(Random random, Token token)
    {
        var value = Values[random.Next(Values.Length)];
        if (!token.IsName)
            return value;
        return value is [(byte)'"', ..] ? [.. value, (byte)':'] : "\"x\":"u8.ToArray();
    }

    /// <summary>A value, or a name, from elsewhere.</summary>
    private static byte[] Foreign(Random random, byte[] input, Token token, byte[] other)
    {
        var source = random.Next(2) == 0 ? input : other;
        var tokens = Tokens(source).FindAll(candidate => candidate.IsName == token.IsName);
        if (tokens.Count == 0)
            return [];
        var taken = tokens[random.Next(tokens.Count)];
        return source[taken.From..taken.To];
    }

    /// <summary>The same string with one of its ASCII characters escaped: equal for a reader, different in bytes.</summary>
    private static byte[] Escaped(Random random, byte[] text)
    {
        var at = random.Next(text.Length);
        return text[0] == '"' && char.IsAsciiLetterOrDigit((char)text[at])
            ? [.. text.AsSpan(0, at), .. Encoding.ASCII.GetBytes($"\\u{text[at]:x4}"), .. text.AsSpan(at + 1)]
            : text;
    }

    private static byte[] Stretched(Random random, byte[] text)
    {
        var at = random.Next(text.Length);
        return [.. text.AsSpan(0, at), (byte)"09aZ-_. "[random.Next(8)], .. text.AsSpan(at)];
    }

    private static byte[] Replace(byte[] input, Token token, byte[] text) => [.. input.AsSpan(0, token.From), .. text, .. input.AsSpan(token.To)];

    /// <summary>The values, and the names with their colons, as far as the text is JSON.</summary>
    private static List<Token> Tokens(byte[] json)
    {
        var tokens = new List<Token>();
        var open = new Stack<int>();
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 128 });
        try
        {
            while (reader.Read())
            {
                var (from, to) = ((int)reader.TokenStartIndex, (int)reader.BytesConsumed);
                if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                    open.Push(from);
                else
                    tokens.Add(new Token(reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray ? open.Pop() : from, to, reader.TokenType == JsonTokenType.PropertyName));
            }
        }
        catch (JsonException)
        {
            // The change before this one broke it: what stands before the fault is left to change.
        }

        return tokens;
    }

    private static byte[] Nested(int depth) => Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":[", depth / 2)) + "1" + string.Concat(Enumerable.Repeat("]}", depth / 2)));

    private readonly record struct Token(int From, int To, bool IsName);
}
