using System.Buffers;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Routing;

/// <summary>Reads the grammar in the comments of google/api/http.proto.</summary>
internal sealed class PathTemplateParser(string text)
{
    // A literal with one of these is a slip of the author (or would need escaping), never a wish.
    private static readonly SearchValues<char> NotInLiterals = SearchValues.Create("/{}*:=?#%\\ \t\r\n");
    private readonly List<PathSegment> _segments = [];
    private readonly List<PathVariable> _variables = [];
    private int _position;

    public PathTemplate Parse()
    {
        Expect('/');
        ReadSegments(insideVariable: false);
        var verb = Take(':') ? ReadLiteral() : null;
        if (_position < text.Length)
            throw Wrong("unexpected character");
        if (_segments.FindIndex(segment => segment.Kind == PathSegmentKind.Rest) is >= 0 and var rest && rest < _segments.Count - 1)
            throw Wrong("\"**\" must be the last segment");
        return new PathTemplate(text, _segments, _variables, verb);
    }

    private void ReadSegments(bool insideVariable)
    {
        do
            ReadSegment(insideVariable);
        while (Take('/'));
    }

    private void ReadSegment(bool insideVariable)
    {
        if (Take('*'))
            _segments.Add(new PathSegment(Take('*') ? PathSegmentKind.Rest : PathSegmentKind.Any));
        else if (!Take('{'))
            _segments.Add(new PathSegment(PathSegmentKind.Literal, ReadLiteral()));
        else if (insideVariable)
            throw Wrong("a variable inside a variable");
        else
            ReadVariable();
    }

    private void ReadVariable()
    {
        var fieldPath = ReadFieldPath();
        var start = _segments.Count;
        if (Take('='))
            ReadSegments(insideVariable: true);
        else
            _segments.Add(new PathSegment(PathSegmentKind.Any));
        Expect('}');
        if (_variables.Exists(other => other.FieldPath == fieldPath))
            throw Wrong($"variable {fieldPath} appears twice");
        var openEnded = _segments[^1].Kind == PathSegmentKind.Rest;
        _variables.Add(new PathVariable(fieldPath, start, openEnded ? null : _segments.Count));
    }

    private string ReadFieldPath()
    {
        var start = _position;
        do
            ReadIdentifier();
        while (Take('.'));
        return text[start.._position];
    }

    private void ReadIdentifier()
    {
        var start = _position;
        while (_position < text.Length && (char.IsAsciiLetterOrDigit(text[_position]) || text[_position] == '_'))
            _position++;
        if (_position == start || char.IsAsciiDigit(text[start]))
            throw Wrong("a field name is missing");
    }

    private string ReadLiteral()
    {
        var length = text.AsSpan(_position).IndexOfAny(NotInLiterals);
        var literal = length < 0 ? text[_position..] : text.Substring(_position, length);
        if (literal.Length == 0)
            throw Wrong("a segment is missing");
        _position += literal.Length;
        return literal;
    }

    private bool Take(char wanted)
    {
        if (_position >= text.Length || text[_position] != wanted)
            return false;
        _position++;
        return true;
    }

    private void Expect(char wanted)
    {
        if (!Take(wanted))
            throw Wrong($"'{wanted}' is missing");
    }

    private FormatException Wrong(string what) =>
        new($"Path template \"{text}\": {what} at character {_position + 1}.");
}
