using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using KeyService.Standins.Wire;

namespace Grpc.Net.Client;

/// <summary>Reads the outcome of a call from its response.</summary>
internal static class ResponseStatus
{
    /// <summary>True when the headers already end the call: an HTTP error, something else than gRPC, or Trailers-Only.</summary>
    public static bool IsFinal(HttpResponseMessage response) =>
        !IsGrpc(response) || response.Headers.Contains("grpc-status");

    public static string? EncodingOf(HttpResponseMessage response) => Single(response.Headers, "grpc-encoding");

    public static Metadata HeadersOf(HttpResponseMessage response) => MetadataOf(response.Headers);

    public static (Status Status, Metadata Trailers) Of(HttpResponseMessage response)
    {
        HttpHeaders from = response.Headers.Contains("grpc-status") ? response.Headers : response.TrailingHeaders;
        if (Single(from, "grpc-status") is not { } text)
            return (WithoutStatus(response), Metadata.Empty);

        var detail = PercentEncoding.Decode(Single(from, "grpc-message") ?? "");
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            ? (new Status((StatusCode)code, detail), MetadataOf(from))
            : (new Status(StatusCode.Unknown, $"Unexpected grpc-status value '{text}'."), MetadataOf(from));
    }

    private static Status WithoutStatus(HttpResponseMessage response)
    {
        if (response.StatusCode == HttpStatusCode.OK)
        {
            return IsGrpc(response)
                ? new Status(StatusCode.Internal, "No grpc-status found on response.")
                : new Status(StatusCode.Internal, $"Bad gRPC response. Content-Type is '{response.Content.Headers.ContentType}'.");
        }

        // The protocol's own table, "HTTP to gRPC Status Code Mapping".
        var code = response.StatusCode switch
        {
            HttpStatusCode.BadRequest => StatusCode.Internal,
            HttpStatusCode.Unauthorized => StatusCode.Unauthenticated,
            HttpStatusCode.Forbidden => StatusCode.PermissionDenied,
            HttpStatusCode.NotFound => StatusCode.Unimplemented,
            HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway
                or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => StatusCode.Unavailable,
            _ => StatusCode.Unknown,
        };
        return new Status(code, $"Bad gRPC response. HTTP status code: {(int)response.StatusCode}");
    }

    private static bool IsGrpc(HttpResponseMessage response) =>
        response.StatusCode == HttpStatusCode.OK
        && response.Content.Headers.ContentType?.MediaType is { } type
        && (type == "application/grpc" || type.StartsWith("application/grpc+", StringComparison.Ordinal));

    private static string? Single(HttpHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;

    private static Metadata MetadataOf(HttpHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers.NonValidated)
        {
            foreach (var value in values)
                MetadataHeaders.Add(metadata, name, value);
        }

        return metadata;
    }
}
