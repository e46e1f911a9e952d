using System.Text;

namespace KeyService.Fuzz.Mutation;

/// <summary>Changes of whole lines and words, for text such as YAML.</summary>
internal static class LineMutations
{
    private static readonly string[] Words =
    [
        "null", "~", "true", "[]", "{}", "[a, a]", "{ a: b }", "*", "*a", "&a x", "!!str x", "|", ">", "\"\\ud800\"", "'", "\"", "? x", "---", "...", "<<: x", "-1", "99999999999999999999", "1e3",
        "10m", "\"00:00:01\"", "spiffe://example.org/a/*", "a:b", "{[[[", "%YAML 1.1", "# x", "\"\\x00\"", "\"\\U0010FFFF\"", "é",
    ];

    public static byte[] Mutate(Random random, byte[] input, byte[] other)
    {
        var lines = Encoding.UTF8.GetString(input).Split('\n').ToList();
        var at = random.Next(lines.Count);
        switch (random.Next(8))
        {
            case 0:
                lines.RemoveAt(at);
                break;
            case 1:
                lines.Insert(at, lines[random.Next(lines.Count)]);
                break;
            case 2:
                (lines[at], lines[^1]) = (lines[^1], lines[at]);
                break;
            case 3:
                lines[at] = random.Next(2) == 0 ? $"  {lines[at]}" : lines[at].TrimStart(' ');
                break;
            case 4:
                var foreign = Encoding.UTF8.GetString(other).Split('\n');
                lines[at] = foreign[random.Next(foreign.Length)];
                break;
            default:
                lines[at] = WithWord(random, lines[at]);
                break;
        }

        return Encoding.UTF8.GetBytes(string.Join('\n', lines));
    }

    private static string WithWord(Random random, string line)
    {
        var words = line.Split(' ');
        words[random.Next(words.Length)] = random.Next(40) == 0 ? new string("[{-"[random.Next(3)], random.Next(1, 3000)) : Words[random.Next(Words.Length)];
        return string.Join(' ', words);
    }
}
