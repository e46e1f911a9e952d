using System.Text;

namespace KeyService.Fuzz.Runs;

/// <summary>Something that must not be, and the input that shows it; from its seed it can be made again.</summary>
internal sealed record Finding(string Target, int Seed, string What, byte[] Input)
{
    private const int LongestShown = 4096;

    public override string ToString()
    {
        var shown = Input.AsSpan(0, Math.Min(Input.Length, LongestShown));
        return $"""
            {Target}, seed {Seed}: {What}
            {Input.Length} bytes, base64{(shown.Length < Input.Length ? $" of the first {shown.Length}" : "")}: {Convert.ToBase64String(shown)}
            as text: {Encoding.UTF8.GetString(shown)}
            """;
    }
}
