using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;

namespace Grpc.AspNetCore.Server.Routing;

/// <summary>
/// Takes the endpoint for unknown calls out of the paths of known ones when the route index is built.
/// With one candidate left, routing has nothing to select, which an empty call feels.
/// </summary>
internal sealed class KnownCallMatcherPolicy : MatcherPolicy, INodeBuilderPolicy
{
    // Before the policy for HTTP methods splits the node.
    public override int Order => -2_000;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => endpoints.Any(IsUnknownCall) && endpoints.Any(IsKnownCall);

    public IReadOnlyList<PolicyNodeEdge> GetEdges(IReadOnlyList<Endpoint> endpoints) =>
        [new PolicyNodeEdge(nameof(KnownCallMatcherPolicy), [.. endpoints.Where(endpoint => !IsUnknownCall(endpoint))])];

    public PolicyJumpTable BuildJumpTable(int exitDestination, IReadOnlyList<PolicyJumpTableEdge> edges) =>
        new OnlyWay(edges[0].Destination);

    private static bool IsUnknownCall(Endpoint endpoint) => endpoint.Metadata.GetMetadata<UnknownCallMarker>() is not null;

    private static bool IsKnownCall(Endpoint endpoint) =>
        endpoint is RouteEndpoint route
        && endpoint.Metadata.GetMetadata<GrpcMethodMetadata>() is { } grpc
        && route.RoutePattern.RawText == grpc.Method.FullName;

    private sealed class OnlyWay(int destination) : PolicyJumpTable
    {
        public override int GetDestination(HttpContext httpContext) => destination;
    }
}
