using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using StatusCode = Grpc.Core.StatusCode;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Requests;

/// <summary>The bytes of a request's body, whole and bounded.</summary>
internal static class RequestBody
{
    /// <param name="maxSize">In bytes; null for no bound.</param>
    /// <returns>Null when there is no body.</returns>
    /// <exception cref="RequestRefusedException">Too large (RESOURCE_EXHAUSTED), or not JSON in UTF-8 (415).</exception>
    public static async Task<byte[]?> ReadJsonAsync(HttpRequest request, int? maxSize, CancellationToken cancellationToken)
    {
        if (request.ContentLength > maxSize)
            throw TooLarge(maxSize.Value);
        var body = await ReadAsync(request, maxSize, cancellationToken);
        if (body.Length == 0 && request.ContentType is null)
            return null;
        CheckContentType(request);
        return body.Length == 0 ? null : body;
    }

    /// <summary>For methods without a body: what would be ignored is better refused.</summary>
    public static async Task RefuseAnyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var read = await request.BodyReader.ReadAsync(cancellationToken);
        var empty = read.Buffer.IsEmpty;
        request.BodyReader.AdvanceTo(read.Buffer.Start);
        if (!empty)
            throw RequestRefusedException.ForBody("this method takes none");
    }

    private static async Task<byte[]> ReadAsync(HttpRequest request, int? maxSize, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await request.BodyReader.ReadAsync(cancellationToken);
            if (read.Buffer.Length > maxSize)
            {
                request.BodyReader.AdvanceTo(read.Buffer.End); // else the server cannot read on to the end, and cuts the connection instead of answering
                throw TooLarge(maxSize.Value);
            }

            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return body;
            }

            request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static void CheckContentType(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase))
            throw Unsupported("Content-Type must be application/json.");
        if (type.Charset.HasValue && !HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            throw Unsupported("The only charset is utf-8.");
        if (request.Headers.ContentEncoding.Count > 0)
            throw Unsupported("Content-Encoding is not supported.");
    }

    private static RequestRefusedException Unsupported(string message) =>
        new(StatusCode.InvalidArgument, message) { HttpStatus = StatusCodes.Status415UnsupportedMediaType };

    private static RequestRefusedException TooLarge(int maxSize) =>
        new(StatusCode.ResourceExhausted, $"The request body is larger than {maxSize} bytes.");
}
