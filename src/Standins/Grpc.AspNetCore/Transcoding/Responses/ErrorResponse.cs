using System.Globalization;
using Google.Rpc;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Responses;

/// <summary>Sends a failure as google.rpc.Status in JSON.</summary>
internal static class ErrorResponse
{
    /// <summary>The failure of a call, with details where its trailers have some.</summary>
    public static Google.Rpc.Status From(global::Grpc.Core.Status status, Metadata trailers)
    {
        // Details that are about another status than the one that counts would mislead.
        if (trailers.GetRpcStatus(ignoreParseError: true) is { } rpcStatus && rpcStatus.Code == (int)status.StatusCode)
            return rpcStatus;
        return new Google.Rpc.Status { Code = (int)status.StatusCode, Message = status.Detail };
    }

    /// <summary>Ends a response with an error. One that has begun gets it as its last line.</summary>
    public static async Task WriteAsync(HttpResponse response, Google.Rpc.Status status, JsonResponseFormat format, int? httpStatus = null)
    {
        if (!response.HasStarted)
        {
            response.StatusCode = httpStatus ?? HttpStatusTable.For((StatusCode)status.Code);
            if (RetryAfter(status) is { } seconds)
                response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        await JsonContent.WriteAsync(response, format.Error(status));
    }

    // Rounded up: who comes back a little early would be refused again.
    private static long? RetryAfter(Google.Rpc.Status status)
    {
        var detail = status.Details.FirstOrDefault(any => any.Is(RetryInfo.Descriptor));
        return detail?.Unpack<RetryInfo>().RetryDelay is { Seconds: >= 0 } delay ? delay.Seconds + (delay.Nanos > 0 ? 1 : 0) : null;
    }
}
