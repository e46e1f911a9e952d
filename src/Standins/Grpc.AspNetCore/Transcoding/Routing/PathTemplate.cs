namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Routing;

/// <summary>A path template of google.api.http, such as <c>/v1/keySets/{key_set}:signJwt</c>.</summary>
/// <remarks>
/// In a path, a colon in the last segment always begins a verb, so <c>/v1/{name}</c> never matches <c>/v1/a:b</c>:
/// otherwise an unknown verb would reach another method with a strange name.
/// </remarks>
internal sealed record PathTemplate(
    string Text, IReadOnlyList<PathSegment> Segments, IReadOnlyList<PathVariable> Variables, string? Verb)
{
    /// <exception cref="FormatException">Says what is wrong, and at which character.</exception>
    public static PathTemplate Parse(string text) => new PathTemplateParser(text).Parse();

    /// <summary>The variables' values in the order of <see cref="Variables"/>, or null when the path is another.</summary>
    /// <param name="path">Percent-decoded except for %2F, as ASP.NET Core gives it. Compared by case, unlike other routes.</param>
    public string[]? Match(string path)
    {
        if (path is not ['/', ..])
            return null;
        var parts = path[1..].Split('/');
        if (TakeVerb(ref parts[^1]) != Verb || !SegmentsMatch(parts))
            return null;
        return [.. Variables.Select(variable => variable.ValueIn(parts))];
    }

    private static string? TakeVerb(ref string lastPart)
    {
        var colon = lastPart.LastIndexOf(':');
        if (colon < 0)
            return null;
        var verb = lastPart[(colon + 1)..];
        lastPart = lastPart[..colon];
        return verb;
    }

    private bool SegmentsMatch(string[] parts)
    {
        var openEnded = Segments[^1].Kind == PathSegmentKind.Rest;
        if (openEnded ? parts.Length < Segments.Count - 1 : parts.Length != Segments.Count)
            return false;
        for (var i = 0; i < Math.Min(parts.Length, Segments.Count); i++)
        {
            if (!Segments[i].Matches(parts[i]))
                return false;
        }

        return true;
    }
}
