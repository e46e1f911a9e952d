using Microsoft.AspNetCore.Routing.Patterns;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Routing;

/// <summary>The ASP.NET Core route under which a path template is found.</summary>
/// <remarks>
/// Only an index: a route knows neither verbs behind variables nor variables of several segments, so it matches a
/// little too much, and <see cref="TranscodingMatcherPolicy"/> has the last word.
/// </remarks>
internal static class TranscodingRoute
{
    public static RoutePattern For(PathTemplate template) =>
        RoutePatternFactory.Pattern(template.Text, template.Segments.Select((segment, index) => RouteSegment(template, segment, index)));

    private static RoutePatternPathSegment RouteSegment(PathTemplate template, PathSegment segment, int index)
    {
        var parameter = $"segment{index}";
        return RoutePatternFactory.Segment(segment.Kind switch
        {
            PathSegmentKind.Literal => RoutePatternFactory.LiteralPart(WithVerb(template, segment.Literal, index)),
            PathSegmentKind.Any => RoutePatternFactory.ParameterPart(parameter),
            _ => RoutePatternFactory.ParameterPart(parameter, @default: null, RoutePatternParameterKind.CatchAll),
        });
    }

    private static string WithVerb(PathTemplate template, string literal, int index) =>
        index == template.Segments.Count - 1 && template.Verb is { } verb ? $"{literal}:{verb}" : literal;
}
