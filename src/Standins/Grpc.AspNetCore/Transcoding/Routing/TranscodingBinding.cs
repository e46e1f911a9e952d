using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Requests;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Routing;

/// <summary>One way in which HTTP reaches a method. Attached to the endpoint as metadata.</summary>
/// <param name="PathFields">Where the template's variables go, in their order.</param>
/// <param name="BodyField">The one field that the body fills; null when it fills all or none.</param>
/// <param name="ResponseField">The one field that is answered; null for the whole response.</param>
internal sealed record TranscodingBinding(
    string HttpMethod,
    PathTemplate Template,
    IReadOnlyList<FieldPath> PathFields,
    bool HasBody,
    FieldDescriptor? BodyField,
    FieldDescriptor? ResponseField)
{
    /// <summary>With body "*" nothing is left for the query.</summary>
    public bool TakesQuery => !HasBody || BodyField is not null;
}
