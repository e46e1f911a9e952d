using Grpc.AspNetCore.Server.Wire;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Grpc.AspNetCore.Server.Routing;

/// <summary>Answers calls of unknown services and methods with UNIMPLEMENTED instead of HTTP 404.</summary>
internal sealed class UnknownCalls
{
    private readonly HashSet<IEndpointRouteBuilder> _mapped = [];

    public void MapOnce(IEndpointRouteBuilder endpoints)
    {
        if (!_mapped.Add(endpoints))
            return;

        var pattern = RoutePatternFactory.Parse(
            "{service}/{method}", defaults: null, parameterPolicies: new { method = new IsGrpcConstraint() });
        endpoints.Map(pattern, Answer).WithDisplayName("gRPC - unknown service or method").WithMetadata(new UnknownCallMarker());
    }

    private static Task Answer(HttpContext httpContext)
    {
        ResponseStatus.SendTrailersOnly(
            httpContext.Response, new Status(StatusCode.Unimplemented, "Service or method is unimplemented."));
        return Task.CompletedTask;
    }

    /// <summary>Keeps ordinary HTTP requests with a path of two parts out.</summary>
    private sealed class IsGrpcConstraint : IRouteConstraint
    {
        public bool Match(
            HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
            // With HttpMethodMetadata instead, routing would answer 405, not 404, to every other path of two parts.
            httpContext is not null && HttpMethods.IsPost(httpContext.Request.Method) && GrpcProtocol.IsGrpcContentType(httpContext.Request.ContentType);
    }
}
