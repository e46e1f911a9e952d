using Grpc.AspNetCore.Server.Calls;
using Microsoft.AspNetCore.Http;

#pragma warning disable IDE0130 // the namespace is the official one
namespace Grpc.Core;

/// <summary>From a gRPC call to its HTTP request.</summary>
public static class ServerCallContextExtensions
{
    /// <summary>Where contexts of other kinds (JSON transcoding, tests) leave their HTTP context.</summary>
    internal const string HttpContextKey = "__HttpContext";

    public static HttpContext GetHttpContext(this ServerCallContext serverCallContext)
    {
        if (serverCallContext is HttpServerCallContext call)
            return call.HttpContext;
        return serverCallContext.UserState.TryGetValue(HttpContextKey, out var value) && value is HttpContext httpContext
            ? httpContext
            : throw new InvalidOperationException("The call did not come over ASP.NET Core.");
    }
}
