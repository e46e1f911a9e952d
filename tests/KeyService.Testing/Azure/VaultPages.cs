using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace KeyService.Testing.Azure;

/// <summary>
/// Lists in pages (Get Keys, Get Key Versions, Get Deleted Keys): maxresults from 1 to 25, and a link to the next page that
/// clients are to follow as it is. The token remembers the last item, so a list that changes meanwhile loses nothing.
/// </summary>
internal sealed class VaultPages(Func<string> address)
{
    private const int LargestPage = 25;

    /// <summary>Where the next page is said to be; null for the truth.</summary>
    public Func<string, string>? Redirect { get; set; }

    public JsonObject Page<T>(HttpRequest request, IEnumerable<T> all, Func<T, string> id, Func<T, JsonObject> describe)
    {
        var size = LargestPage;
        if (request.Query["maxresults"].SingleOrDefault() is { } text
            && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out size) || size is < 1 or > LargestPage))
            throw VaultRefusal.BadParameter("maxresults must be from 1 to 25.");
        var after = request.Query["$skiptoken"].SingleOrDefault() is { } token ? Decode(token) : null;

        var ordered = all.OrderBy(id, StringComparer.Ordinal).Where(item => after is null || string.CompareOrdinal(id(item), after) > 0).ToArray();
        var page = ordered.Take(size).ToArray();
        string? next = null;
        if (page.Length < ordered.Length)
        {
            next = $"{address()}{request.Path}?api-version={request.Query["api-version"]}&$skiptoken={Base64Url.EncodeToString(Encoding.UTF8.GetBytes(id(page[^1])))}"
                + string.Create(CultureInfo.InvariantCulture, $"&maxresults={size}");
            next = Redirect?.Invoke(next) ?? next;
        }

        return new JsonObject { ["value"] = new JsonArray([.. page.Select(describe)]), ["nextLink"] = next };
    }

    private static string Decode(string token) =>
        Base64Url.IsValid(token) ? Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token)) : throw VaultRefusal.BadParameter("The skip token is not valid.");
}
