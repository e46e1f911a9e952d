using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Routing;

/// <summary>
/// Of the endpoints that the route index found, keeps those whose template and HTTP method match exactly, and
/// answers 405 where only the HTTP method is another.
/// </summary>
/// <remarks>
/// The built-in HTTP method policy decides before the verb behind a variable is looked at, and so would answer 405
/// for a verb that does not exist and 404 for one that does. Hence these endpoints carry no HttpMethodMetadata.
/// </remarks>
internal sealed class TranscodingMatcherPolicy : MatcherPolicy, IEndpointSelectorPolicy
{
    // Before other selectors judge: they should see only endpoints that really match.
    public override int Order => -10_000;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) =>
        endpoints.Any(endpoint => endpoint.Metadata.GetMetadata<TranscodingBinding>() is not null);

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        var otherMethods = new SortedSet<string>(StringComparer.Ordinal);
        var anyLeft = false;
        for (var i = 0; i < candidates.Count; i++)
        {
            if (!candidates.IsValidCandidate(i))
                continue;
            if (candidates[i].Endpoint.Metadata.GetMetadata<TranscodingBinding>() is not { } binding)
                anyLeft = true;
            else if (binding.Template.Match(httpContext.Request.Path.Value ?? "") is not { } values)
                candidates.SetValidity(i, false);
            else if (!HttpMethods.Equals(binding.HttpMethod, httpContext.Request.Method))
                Reject(candidates, i, binding, otherMethods);
            else
            {
                anyLeft = true;
                candidates.ReplaceEndpoint(i, candidates[i].Endpoint, RouteValues(binding, values));
            }
        }

        if (!anyLeft && otherMethods.Count > 0)
            httpContext.SetEndpoint(MethodNotAllowed(string.Join(", ", otherMethods)));
        return Task.CompletedTask;
    }

    private static void Reject(CandidateSet candidates, int index, TranscodingBinding binding, SortedSet<string> otherMethods)
    {
        candidates.SetValidity(index, false);
        otherMethods.Add(binding.HttpMethod);
    }

    // By field path, as with the official package, so that authorization can read the key set off the route.
    private static RouteValueDictionary RouteValues(TranscodingBinding binding, string[] values)
    {
        var routeValues = new RouteValueDictionary();
        for (var i = 0; i < values.Length; i++)
            routeValues[binding.Template.Variables[i].FieldPath] = values[i];
        return routeValues;
    }

    private static Endpoint MethodNotAllowed(string allow) => new(
        context =>
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            context.Response.Headers.Allow = allow;
            return Task.CompletedTask;
        },
        EndpointMetadataCollection.Empty,
        "405 HTTP Method Not Supported");
}
