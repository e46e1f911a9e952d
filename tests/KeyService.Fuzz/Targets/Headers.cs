using System.Text;
using Grpc.Core;
using KeyService.Standins.Wire;

namespace KeyService.Fuzz.Targets;

/// <summary>Values of gRPC's own headers, and metadata.</summary>
internal static class Headers
{
    public static IReadOnlyList<byte[]> Timeouts { get; } = [.. new[] { "1S", "99999999H", "250m", "100n", "17u", "3M", "00000001S" }.Select(Encoding.UTF8.GetBytes)];

    public static IReadOnlyList<byte[]> Messages { get; } =
        [.. new[] { "all is well", PercentEncoding.Encode("100 % é😀\r\n\u0000"), "%41%zz%", "%E2%82%AC" }.Select(Encoding.UTF8.GetBytes)];

    public static IReadOnlyList<byte[]> Metadata { get; } =
        [.. new[] { "trace-bin:AAEC,AwQ=", "x-request-id:17", "a-bin:", "b-bin:////", "grpc-timeout:1S", ":path:/", "traceparent:00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" }.Select(Encoding.UTF8.GetBytes)];

    public static bool TakeTimeout(byte[] input)
    {
        var text = Encoding.Latin1.GetString(input);
        if (!GrpcTimeout.TryParse(text, out var timeout))
            return false;
        Rule.Holds(timeout >= TimeSpan.Zero && timeout.TotalHours <= 99_999_999, "a timeout is out of its range");
        Rule.Holds(GrpcTimeout.TryParse(GrpcTimeout.Format(timeout), out var again) && again >= timeout, "a timeout is shorter after it was written");
        Rule.Holds(GrpcTimeout.TryParse(GrpcTimeout.Format(again), out var third) && third == again, "a written timeout is no fixed point");
        return true;
    }

    public static bool TakeMessage(byte[] input)
    {
        var decoded = PercentEncoding.Decode(Encoding.Latin1.GetString(input));
        var encoded = PercentEncoding.Encode(decoded);
        Rule.Holds(encoded.All(character => character is >= ' ' and <= '~'), "an encoded message holds more than printable ASCII");
        Rule.Holds(PercentEncoding.Decode(encoded) == decoded, "a message is another one after it was written");
        return true;
    }

    public static bool TakeMetadata(byte[] input)
    {
        var text = Encoding.Latin1.GetString(input);
        var colon = text.IndexOf(':', 1 % Math.Max(text.Length, 1));
        var (name, value) = colon < 0 ? (text, "") : (text[..colon], text[(colon + 1)..]);
        var metadata = new Metadata();
        MetadataHeaders.Add(metadata, name, value);
        foreach (var entry in metadata)
        {
            var again = new Metadata();
            MetadataHeaders.Add(again, entry.Key, MetadataHeaders.ValueOf(entry));
            Rule.Holds(again.Count == 1 && again[0].Key == entry.Key, "an entry is none after it was written");
            Rule.Same(entry.ValueBytes, again[0].ValueBytes, "an entry has another value after it was written");
        }

        return metadata.Count > 0;
    }
}
