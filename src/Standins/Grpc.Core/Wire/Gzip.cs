using System.Buffers;
using System.IO.Compression;

namespace KeyService.Standins.Wire;

/// <summary>The one message encoding besides identity.</summary>
internal static class Gzip
{
    public const string Name = "gzip";
    private const int Step = 16 * 1024;

    public static ReadOnlySpan<byte> Compress(ReadOnlySpan<byte> message, CompressionLevel level)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, level, leaveOpen: true))
            gzip.Write(message);
        return compressed.GetBuffer().AsSpan(0, (int)compressed.Length);
    }

    /// <summary>Stops as soon as the message outgrows the limit: a few bytes can unfold into gigabytes.</summary>
    public static ReadOnlySequence<byte> Decompress(ReadOnlySequence<byte> compressed, int? maxMessageSize)
    {
        var message = new ArrayBufferWriter<byte>(Step);
        try
        {
            // Not the stream of a PipeReader: that throws at an empty message between two segments.
            using var bytes = new MemoryStream(compressed.ToArray(), writable: false);
            using var gzip = new GZipStream(bytes, CompressionMode.Decompress);
            while (gzip.Read(message.GetSpan(Step)) is var count and > 0)
            {
                message.Advance(count);
                if (message.WrittenCount > maxMessageSize)
                    throw WireErrors.ReceivedTooLarge();
            }
        }
        catch (InvalidDataException e)
        {
            throw WireErrors.Internal("Message is not valid gzip.", e);
        }

        return new ReadOnlySequence<byte>(message.WrittenMemory);
    }
}
