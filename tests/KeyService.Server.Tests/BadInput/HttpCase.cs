namespace KeyService.Server.Tests.BadInput;

/// <summary>An HTTP request that is refused.</summary>
/// <param name="Names">What a violation of BadRequest must name, or else the message. Null where the answer has no body.</param>
internal sealed record HttpCase(string Path, string? Body, string? Names, int Status = 400)
{
    public HttpMethod Method { get; init; } = HttpMethod.Post;

    public string? ContentType { get; init; } = "application/json";

    /// <summary>Instead of <see cref="Body"/>, for what is no text.</summary>
    public byte[]? Bytes { get; init; }

    public (string Name, string Value)? Header { get; init; }

    /// <summary>Of the ErrorInfo; null where the transport refuses before the service sees the request.</summary>
    public string? Reason { get; init; }

    /// <summary>Sends no Content-Length.</summary>
    public bool Chunked { get; init; }
}
