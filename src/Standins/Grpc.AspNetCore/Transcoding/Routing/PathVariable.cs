namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Routing;

/// <summary>A variable of a path template: the segments from <paramref name="Start"/> up to <paramref name="End"/>.</summary>
/// <param name="FieldPath">The request's field that takes the value, such as <c>key_set</c> or <c>parent.name</c>.</param>
/// <param name="End">Exclusive; null when the variable takes all that is left.</param>
internal sealed record PathVariable(string FieldPath, int Start, int? End)
{
    public string ValueIn(string[] parts)
    {
        var end = End ?? parts.Length;
        return end - Start == 1 ? parts[Start] : string.Join('/', parts, Start, end - Start);
    }
}
