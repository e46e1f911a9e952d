using Google.Protobuf;

namespace Grpc.Core;

/// <summary>Carries google.rpc.Status in trailers, as the package Grpc.StatusProto does.</summary>
public static class MetadataExtensions
{
    internal const string StatusDetailsTrailerName = "grpc-status-details-bin";

    public static void SetRpcStatus(this Metadata metadata, Google.Rpc.Status status)
    {
        if (metadata.Get(StatusDetailsTrailerName) is { } old)
            metadata.Remove(old);
        metadata.Add(StatusDetailsTrailerName, status.ToByteArray());
    }

    /// <summary>The details, or null when there are none, or none that parse and errors are to be ignored.</summary>
    public static Google.Rpc.Status? GetRpcStatus(this Metadata metadata, bool ignoreParseError = false)
    {
        if (metadata.Get(StatusDetailsTrailerName) is not { } entry)
            return null;
        try
        {
            return Google.Rpc.Status.Parser.ParseFrom(entry.ValueBytes);
        }
        catch (InvalidProtocolBufferException) when (ignoreParseError)
        {
            return null;
        }
    }
}
