namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Routing;

internal enum PathSegmentKind
{
    /// <summary>Exactly this text.</summary>
    Literal,

    /// <summary><c>*</c>: one segment that is not empty.</summary>
    Any,

    /// <summary><c>**</c>: all segments that are left, or none. Always last.</summary>
    Rest,
}
