using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace KeyService.Benchmarks;

/// <summary>The figures of a run: printed as they come, and kept as JSON.</summary>
internal sealed class Report
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };
    private readonly List<Figure> _figures = [];

    public IReadOnlyList<Figure> Figures => _figures;

    public static string Machine { get; } =
        string.Create(CultureInfo.InvariantCulture, $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}, {Environment.ProcessorCount} processors shared by load and server, {RuntimeInformation.FrameworkDescription}");

    public static void Heading(string text)
    {
        Console.WriteLine();
        Console.WriteLine(text);
        Console.WriteLine();
        Console.WriteLine("figure | measured | baseline | ratio | to keep | ");
        Console.WriteLine("--- | --- | --- | --- | --- | ---");
    }

    /// <summary>A figure beside its baseline.</summary>
    public void Compare(string name, string unit, double value, double baseline, double? most = null, double? least = null) =>
        Add(new Figure(name, unit, value, baseline, value / baseline, most ?? least, LowerIsBetter: least is null && unit != "/s"));

    /// <summary>A figure that stands alone.</summary>
    public void Alone(string name, string unit, double value, double? most = null) => Add(new Figure(name, unit, value, Baseline: null, value, most, LowerIsBetter: true));

    public async Task WriteAsync(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!); // a file has a folder
        await using var file = File.Create(path);
        await JsonSerializer.SerializeAsync(file, new Document(Machine, _figures), Json);
    }

    public static async Task<IReadOnlyList<Figure>> ReadAsync(string path)
    {
        await using var file = File.OpenRead(path);
        var document = await JsonSerializer.DeserializeAsync<Document>(file, Json) ?? throw new InvalidDataException($"{path} holds no figures.");
        return document.Figures;
    }

    private void Add(Figure figure)
    {
        _figures.Add(figure);
        var (ratio, bound) = (figure.Baseline is null ? "" : Number(figure.Ratio), figure.Bound is { } limit ? $"{(figure.LowerIsBetter ? '≤' : '≥')} {Number(limit)}" : "");
        var verdict = figure.Keeps switch { true => "kept", false => "MISSED", null => "" };
        Console.WriteLine($"{figure.Name} | {Number(figure.Value)} {figure.Unit} | {(figure.Baseline is { } baseline ? Number(baseline) : "")} | {ratio} | {bound} | {verdict}");
    }

    private static string Number(double value) => value.ToString(Math.Abs(value) switch { >= 1000 => "F0", >= 20 => "F1", _ => "F3" }, CultureInfo.InvariantCulture);

    private sealed record Document(string Machine, IReadOnlyList<Figure> Figures);
}
