using System.Buffers;
using Grpc.Core;

namespace KeyService.Standins.Wire;

/// <summary>A message's bytes, handed to its deserializer.</summary>
internal sealed class MessagePayload : DeserializationContext
{
    // A message is parsed in one go, so that each thread can use its own again.
    [ThreadStatic]
    private static MessagePayload? _ofThread;

    private ReadOnlySequence<byte> _bytes;

    private MessagePayload()
    {
    }

    public override int PayloadLength => (int)_bytes.Length;

    public static T Parse<T>(ReadOnlySequence<byte> bytes, Func<DeserializationContext, T> deserializer)
    {
        var payload = _ofThread ?? new MessagePayload();
        _ofThread = null; // should a deserializer parse another message in between
        payload._bytes = bytes;
        try
        {
            return deserializer(payload);
        }
        finally
        {
            payload._bytes = default; // the pipe's memory, soon to be used again
            _ofThread = payload;
        }
    }

    public override byte[] PayloadAsNewBuffer() => _bytes.ToArray();

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => _bytes;
}
