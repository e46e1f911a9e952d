using System.IO.Compression;

namespace Grpc.AspNetCore.Server;

/// <summary>Settings of all gRPC services.</summary>
public class GrpcServiceOptions
{
    internal const int DefaultMaxReceiveMessageSize = 4 * 1024 * 1024;

    /// <summary>Longest request message in bytes, after decompression; null for no limit. Default 4 MiB.</summary>
    public int? MaxReceiveMessageSize { get; set; } = DefaultMaxReceiveMessageSize;

    /// <summary>Longest response message in bytes, before compression; null, the default, for no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Sends type and message of a handler's exception to the caller. Never in production. Default false.</summary>
    public bool? EnableDetailedErrors { get; set; }

    /// <summary><c>gzip</c>, or null, the default, for no compression. Used when the caller accepts it.</summary>
    public string? ResponseCompressionAlgorithm { get; set; }

    /// <summary>Default <see cref="CompressionLevel.Fastest"/>.</summary>
    public CompressionLevel? ResponseCompressionLevel { get; set; }

    /// <summary>Leaves calls of unknown services to the rest of the pipeline instead of answering UNIMPLEMENTED. Default false.</summary>
    public bool? IgnoreUnknownServices { get; set; }

    /// <summary>In the order in which they run.</summary>
    public InterceptorCollection Interceptors { get; } = [];
}
