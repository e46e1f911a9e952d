namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Routing;

/// <summary>What one place between slashes may hold.</summary>
internal readonly record struct PathSegment(PathSegmentKind Kind, string Literal = "")
{
    public bool Matches(string part) => Kind switch
    {
        PathSegmentKind.Literal => part == Literal,
        PathSegmentKind.Any => part.Length > 0,
        _ => true,
    };
}
