namespace Microsoft.AspNetCore.Grpc.JsonTranscoding;

/// <summary>How messages are written as JSON.</summary>
public sealed class GrpcJsonSettings
{
    /// <summary>Leaves fields out that hold their default. Off by default.</summary>
    public bool IgnoreDefaultValues { get; set; }

    /// <summary>Writes enum values as numbers, not names. Off by default.</summary>
    public bool WriteEnumsAsIntegers { get; set; }

    /// <summary>Writes 64-bit integers as strings, as protobuf's JSON wants it.</summary>
    /// <remarks>
    /// Always so here: Google.Protobuf's formatter knows no other way. Officially the default is false, so set it where
    /// both should write the same.
    /// </remarks>
    public bool WriteInt64sAsStrings
    {
        get;
        set => field = value ? value : throw new NotSupportedException("64-bit integers are always written as strings.");
    } = true;

    /// <summary>Writes JSON over several lines. Off by default; messages of a stream stay on one line each.</summary>
    public bool WriteIndented { get; set; }
}
