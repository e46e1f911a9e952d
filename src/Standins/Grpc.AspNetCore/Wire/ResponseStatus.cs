using System.Globalization;
using Grpc.Core;
using KeyService.Standins.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server.Wire;

/// <summary>Sends the outcome of a call.</summary>
internal static class ResponseStatus
{
    /// <summary>Into the trailers, or into the headers when nothing was sent yet (Trailers-Only).</summary>
    public static void Send(HttpResponse response, Status status, Metadata? trailers)
    {
        var target = response.HasStarted ? TrailersOf(response) : response.Headers;
        target.GrpcStatus = status.StatusCode == StatusCode.OK
            ? "0"
            : ((int)status.StatusCode).ToString(CultureInfo.InvariantCulture);
        if (status.Detail.Length > 0)
            target.GrpcMessage = PercentEncoding.Encode(status.Detail);
        if (trailers is null)
            return;

        foreach (var entry in trailers)
            target.Append(entry.Key, MetadataHeaders.ValueOf(entry));
    }

    public static void SendTrailersOnly(HttpResponse response, Status status)
    {
        response.ContentType = GrpcProtocol.ContentType;
        Send(response, status, trailers: null);
    }

    private static IHeaderDictionary TrailersOf(HttpResponse response) =>
        response.HttpContext.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers;
}
