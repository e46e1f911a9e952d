using System.Text;
using System.Text.Json.Nodes;

namespace KeyService.Testing.Aws;

/// <summary>Limit, Marker, NextMarker and Truncated, as the List operations have them. A page may be cut anywhere: the marker names the last item.</summary>
internal static class KmsPage
{
    /// <param name="sorted">In ordinal order of key.</param>
    /// <param name="most">The highest Limit; more is a ValidationException.</param>
    /// <param name="usual">Items of a page where the request has no Limit.</param>
    /// <param name="longest">What this server shows at most: Limit is a bound, and KMS may show less.</param>
    public static JsonObject Of(KmsMembers members, string name, IEnumerable<(string Key, JsonObject Item)> sorted, int most, int usual, int longest)
    {
        var limit = Math.Min(members.OptionalInteger("Limit", 1, most) ?? usual, longest);
        var after = After(members.OptionalText("Marker", 1, 1024));
        var rest = sorted.Where(item => string.CompareOrdinal(item.Key, after) > 0).Take(limit + 1).ToList();
        var page = new JsonObject
        {
            [name] = new JsonArray([.. rest.Take(limit).Select(static item => (JsonNode)item.Item)]),
            ["Truncated"] = rest.Count > limit,
        };
        if (rest.Count > limit)
            page["NextMarker"] = Convert.ToBase64String(Encoding.UTF8.GetBytes("after " + rest[limit - 1].Key));
        return page;
    }

    private static string After(string? marker)
    {
        if (marker is null)
            return "";
        var bytes = new byte[marker.Length];
        return Convert.TryFromBase64String(marker, bytes, out var length) && Encoding.UTF8.GetString(bytes, 0, length) is var text && text.StartsWith("after ", StringComparison.Ordinal)
            ? text["after ".Length..]
            : throw new AwsErrorException("InvalidMarkerException", "The marker is invalid.");
    }
}
