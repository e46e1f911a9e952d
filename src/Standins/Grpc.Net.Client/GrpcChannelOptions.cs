namespace Grpc.Net.Client;

/// <summary>Settings of a channel.</summary>
public sealed class GrpcChannelOptions
{
    /// <summary>The transport; the default opens further connections when the streams of one run out.</summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>Disposes of <see cref="HttpHandler"/> with the channel. Default false.</summary>
    public bool DisposeHttpClient { get; set; }

    /// <summary>Longest response message in bytes, after decompression; null for no limit. Default 4 MiB.</summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>Longest request message in bytes; null, the default, for no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Throws <see cref="OperationCanceledException"/> instead of an RpcException when the caller's token cancels. Default false.</summary>
    public bool ThrowOperationCanceledOnCancellation { get; set; }
}
