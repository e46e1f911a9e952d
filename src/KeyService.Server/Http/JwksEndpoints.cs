using KeyService.Core;
using KeyService.Server.Api;
using KeyService.Server.Catalog;
using KeyService.Server.Configuration;
using KeyService.Server.Telemetry;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace KeyService.Server.Http;

/// <summary>
/// The JWKS as resource servers fetch it: GET and HEAD, a strong entity tag, 304, and a max-age that never outlives the plan.
/// </summary>
internal sealed class JwksEndpoints(JwksReader reader, ServerSettings settings, TimeProvider time)
{
    public const string JwkSetType = "application/jwk-set+json"; // RFC 7517 §8.5.2
    private const string JsonType = "application/json";
    private static readonly KeyValuePair<string, object?> Served = OutcomeTag("served");
    private static readonly KeyValuePair<string, object?> NotModified = OutcomeTag("not_modified");

    public void Map(IEndpointRouteBuilder routes)
    {
        string[] methods = [HttpMethods.Get, HttpMethods.Head];
        routes.MapMethods("/.well-known/jwks.json", methods, context => ServeAsync(context, settings.DefaultKeySet));
        routes.MapMethods("/{key_set}/.well-known/jwks.json", methods, context => ServeAsync(context, (string)context.Request.RouteValues["key_set"]!));
    }

    private async Task ServeAsync(HttpContext context, string name)
    {
        PublishedJwks published;
        try
        {
            published = reader.Read(RequestRules.KeySet(name)).Jwks;
        }
        catch (KeyServiceException failure)
        {
            Instruments.JwksRequests.Add(1, OutcomeTag(GrpcStatus.ReasonOf(failure.Error)));
            await HttpError.WriteAsync(context, failure);
            return;
        }

        var response = context.Response;
        var headers = response.Headers;
        headers.ETag = published.ETag;
        headers.CacheControl = PublicCache.For(published.MaxAgeAt(time.GetUtcNow(), settings.Jwks));
        headers.Vary = HeaderNames.Accept;
        headers.XContentTypeOptions = "nosniff";
        headers.AccessControlAllowOrigin = "*"; // public keys: a browser's verifier may read them too
        if (Matches(context.Request.Headers.IfNoneMatch, published.ETag))
        {
            Instruments.JwksRequests.Add(1, NotModified);
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        Instruments.JwksRequests.Add(1, Served);
        response.ContentType = PrefersPlainJson(context.Request) ? JsonType : settings.Jwks.MediaType;
        response.ContentLength = published.Json.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await response.BodyWriter.WriteAsync(published.Json, CancellationToken.None); // a reader that left is noticed there, too
    }

    private static KeyValuePair<string, object?> OutcomeTag(string outcome) => new("outcome", outcome);

    /// <summary>RFC 9110 §13.1.2: any of the listed tags, compared weakly, or <c>*</c>. A malformed list matches nothing.</summary>
    private static bool Matches(StringValues ifNoneMatch, string etag)
    {
        if (ifNoneMatch.Count == 0)
            return false;
        if (ifNoneMatch.Count == 1 && ifNoneMatch[0] == etag)
            return true; // nearly always
        if (!EntityTagHeaderValue.TryParseStrictList(ifNoneMatch!, out var tags))
            return false;
        return tags.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Tag == etag);
    }

    /// <summary>True where the caller names application/json and ranks the registered type lower, or does not name it at all.</summary>
    private static bool PrefersPlainJson(HttpRequest request)
    {
        if (request.Headers.Accept.Count == 0 || !MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted))
            return false;
        return QualityOf(JsonType) > QualityOf(JwkSetType);

        double QualityOf(string type) => accepted.Where(media => media.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase)).Max(media => (double?)(media.Quality ?? 1)) ?? 0;
    }

}
