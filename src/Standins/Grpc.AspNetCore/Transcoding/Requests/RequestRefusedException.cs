using System.Diagnostics.CodeAnalysis;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using StatusCode = Grpc.Core.StatusCode;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Requests;

/// <summary>The HTTP request cannot be turned into the method's request message.</summary>
[SuppressMessage("Design", "CA1064", Justification = "Caught in this folder; nobody outside ever sees one.")]
internal sealed class RequestRefusedException(StatusCode code, string message, Exception? inner = null) : Exception(message, inner)
{
    private const int LongestEcho = 256; // parser messages quote the request, which may be megabytes

    /// <summary>The HTTP status, where it is not the usual one of the code.</summary>
    public int? HttpStatus { get; init; }

    /// <summary>The field at fault, as the caller wrote it; null when none can be named.</summary>
    public string? Field { get; init; }

    public static RequestRefusedException ForField(string field, string what, Exception? inner = null) =>
        new(StatusCode.InvalidArgument, $"{Shorten(field)}: {Shorten(what)}", inner) { Field = Shorten(field) };

    public static RequestRefusedException ForBody(string what, Exception? inner = null) =>
        new(StatusCode.InvalidArgument, $"The request body is not acceptable: {Shorten(what)}", inner);

    public Google.Rpc.Status ToRpcStatus()
    {
        var status = new Google.Rpc.Status { Code = (int)code, Message = Message };
        if (Field is not null)
        {
            var violation = new BadRequest.Types.FieldViolation { Field = Field, Description = Message };
            status.Details.Add(Any.Pack(new BadRequest { FieldViolations = { violation } }));
        }

        return status;
    }

    private static string Shorten(string text) => text.Length <= LongestEcho ? text : $"{text.AsSpan(0, LongestEcho)}…";
}
