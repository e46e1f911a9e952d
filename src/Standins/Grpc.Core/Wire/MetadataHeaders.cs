using Grpc.Core;

namespace KeyService.Standins.Wire;

/// <summary>Between HTTP headers and metadata.</summary>
internal static class MetadataHeaders
{
    /// <summary>Adds one header line. Headers that cannot be metadata, or belong to the protocol, are left out.</summary>
    /// <exception cref="FormatException">A binary header that is not base64.</exception>
    public static void Add(Metadata metadata, string name, string value)
    {
        if (IsProtocolHeader(name) || !Metadata.Entry.IsValidKey(name))
            return;
        if (!name.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase))
        {
            metadata.Add(name, value);
            return;
        }

        // Proxies may join lines of one name; base64 itself has no comma.
        foreach (var part in value.AsSpan().Split(','))
            metadata.Add(name, BinaryHeader.Decode(value.AsSpan(part)));
    }

    public static string ValueOf(Metadata.Entry entry) => entry.IsBinary ? BinaryHeader.Encode(entry.ValueBytes) : entry.Value;

    private static bool IsProtocolHeader(string name) => name.Length == 0 || name[0] == ':' || name.ToUpperInvariant() is
        "GRPC-ENCODING" or "GRPC-ACCEPT-ENCODING" or "GRPC-TIMEOUT" or "GRPC-STATUS" or "GRPC-MESSAGE"
        or "CONTENT-TYPE" or "CONTENT-LENGTH" or "TE" or "HOST" or "ACCEPT-ENCODING";
}
