using System.Text.Json;
using KeyService.Core;
using KeyService.Server.Api;
using KeyService.Server.Catalog;
using KeyService.Server.Configuration;

namespace KeyService.Server.Http;

/// <summary>
/// OpenID Connect Discovery 1.0 §4 for key sets that have an issuer: just what a verifier needs to find the keys. The URLs come
/// from the issuer, never from the request's Host header.
/// </summary>
internal sealed class DiscoveryEndpoints(KeySetCatalog catalog, JwksReader reader, ServerSettings settings, TimeProvider time)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        string[] methods = [HttpMethods.Get, HttpMethods.Head];
        routes.MapMethods("/.well-known/openid-configuration", methods, context => ServeAsync(context, settings.DefaultKeySet));
        routes.MapMethods("/{key_set}/.well-known/openid-configuration", methods, context => ServeAsync(context, (string)context.Request.RouteValues["key_set"]!));
    }

    private async Task ServeAsync(HttpContext context, string name)
    {
        try
        {
            var published = reader.Read(RequestRules.KeySet(name)).Jwks;
            var keySet = catalog.GetFresh(name).KeySet;
            var issuer = keySet.Issuer
                ?? throw new KeyServiceException(KeyServiceError.KeySetNotFound, $"Key set '{name}' has no issuer, so it has no discovery document.") { Field = "key_set" };
            var document = new Discovery
            {
                Issuer = issuer,
                JwksUri = issuer.TrimEnd('/') + "/.well-known/jwks.json",
                Algorithms = [.. published.Keys.Select(key => key.Algorithm.Name).Distinct().Order(StringComparer.Ordinal)],
            };
            var json = JsonSerializer.SerializeToUtf8Bytes(document, DiscoveryJson.Default.Discovery);
            context.Response.Headers.CacheControl = PublicCache.For(published.MaxAgeAt(time.GetUtcNow(), settings.Jwks));
            context.Response.Headers.AccessControlAllowOrigin = "*";
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = json.Length;
            if (!HttpMethods.IsHead(context.Request.Method))
                await context.Response.Body.WriteAsync(json, context.RequestAborted);
        }
        catch (KeyServiceException failure)
        {
            await HttpError.WriteAsync(context, failure);
        }
    }
}
