using System.Globalization;
using KeyService.Server.Configuration;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace KeyService.Server.Access.Policies;

/// <summary>
/// Reads one YAML document (JSON is YAML, too) into the form of settings, so that <see cref="SettingsReader"/> reads both alike. It
/// takes maps, lists and texts only: no anchors, which can make a small file huge, no tags, no second document, no equal keys.
/// </summary>
internal sealed class StrictYaml
{
    private const int MaxDepth = 12;
    private const string Root = "policy";
    private readonly Dictionary<string, string?> _values = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, int> _lines = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _maps = new(StringComparer.OrdinalIgnoreCase);
    private readonly Parser _parser;

    private StrictYaml(string text)
    {
        _parser = new Parser(new StringReader(text));
        try
        {
            ReadDocument();
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException) // of the scanner, at an open bracket or half a surrogate pair
        {
            throw Fault("it is not YAML", e);
        }
    }

    /// <exception cref="YamlException">It is no such document; tells the line.</exception>
    public static StrictYaml Read(string text) => new(text);

    public IConfigurationSection Section => new ConfigurationBuilder().AddInMemoryCollection(_values).Build().GetSection(Root);

    public bool IsMap(string path) => _maps.Contains(path);

    /// <summary>The line of a value, or of the innermost one around it that there is.</summary>
    public int LineOf(string path)
    {
        for (; path.Length > 0; path = path[..Math.Max(path.LastIndexOf(':'), 0)])
        {
            if (_lines.TryGetValue(path, out var line))
                return line;
        }

        return 1;
    }

    /// <summary>Turns what a <see cref="SettingsReader"/> found, a path and a problem, into the same with a line.</summary>
    public string Locate(string file, string problem)
    {
        var path = problem.Split(' ', 2)[0];
        return string.Create(CultureInfo.InvariantCulture, $"{file}:{LineOf(path)}: {(problem.StartsWith(Root + ":", StringComparison.Ordinal) ? problem[(Root.Length + 1)..] : problem)}");
    }

    private void ReadDocument()
    {
        _parser.Consume<StreamStart>();
        if (!_parser.TryConsume<DocumentStart>(out _))
            throw new YamlException("it is empty");
        if (_parser.Current is not MappingStart)
            throw Fault("it must be a map");
        Read(Root, 0);
        _parser.Consume<DocumentEnd>();
        if (!_parser.TryConsume<StreamEnd>(out _))
            throw Fault("a second document is not read");
    }

    private void Read(string path, int depth)
    {
        if (_parser.Current is not NodeEvent node || !node.Anchor.IsEmpty)
            throw Fault("anchors and aliases are not read");
        if (!node.Tag.IsEmpty)
            throw Fault("tags are not read");
        if (depth > MaxDepth)
            throw Fault($"it is more than {MaxDepth} levels deep");
        _lines.TryAdd(path, (int)node.Start.Line); // of a key, its own line
        switch (node)
        {
            case Scalar scalar:
                _values.Add(path, TextOf(scalar));
                _parser.MoveNext();
                break;
            case SequenceStart:
                ReadList(path, depth);
                break;
            default:
                ReadMap(path, depth);
                break;
        }
    }

    private void ReadList(string path, int depth)
    {
        _parser.Consume<SequenceStart>();
        var count = 0;
        for (; !_parser.TryConsume<SequenceEnd>(out _); count++)
            Read(string.Create(CultureInfo.InvariantCulture, $"{path}:{count}"), depth + 1);
        if (count == 0)
            _values.Add(path, ""); // so that it is seen, and refused as empty
    }

    private void ReadMap(string path, int depth)
    {
        _parser.Consume<MappingStart>();
        _maps.Add(path);
        var count = 0;
        for (; !_parser.TryConsume<MappingEnd>(out _); count++)
        {
            if (_parser.Current is not Scalar { Value.Length: > 0 } key || !key.Anchor.IsEmpty || !key.Tag.IsEmpty || !key.Value.All(char.IsAsciiLetterOrDigit))
                throw Fault("a key must be a plain word");
            if (!_lines.TryAdd($"{path}:{key.Value}", (int)key.Start.Line))
                throw Fault($"'{key.Value}' is there twice");
            _parser.MoveNext();
            Read($"{path}:{key.Value}", depth + 1);
        }

        if (count == 0)
            _values.Add(path, "");
    }

    private string TextOf(Scalar scalar) => scalar.Style != ScalarStyle.Plain || scalar.Value is not ("null" or "Null" or "NULL" or "~")
        ? scalar.Value
        : throw Fault("null is no value here: leave the key out");

    private YamlException Fault(string what, Exception? inner = null) => new(_parser.Current?.Start ?? Mark.Empty, _parser.Current?.End ?? Mark.Empty, what, inner);
}
