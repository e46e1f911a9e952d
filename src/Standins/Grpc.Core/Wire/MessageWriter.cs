using System.Buffers;
using System.IO.Compression;
using Grpc.Core;

namespace KeyService.Standins.Wire;

/// <summary>Frames messages into a buffer: in place when the length is known beforehand, as it is for protobuf.</summary>
internal sealed class MessageWriter : SerializationContext
{
    // A message is written in one go, so that each thread can use its writer again.
    [ThreadStatic]
    private static MessageWriter? _ofThread;

    private IBufferWriter<byte>? _target;
    private int? _maxMessageSize;
    private CompressionLevel? _compression;
    private int? _announced;
    private ArrayBufferWriter<byte>? _scratch;

    private MessageWriter()
    {
    }

    /// <param name="compression">Null for none.</param>
    /// <exception cref="RpcException">ResourceExhausted, before anything of the message is written.</exception>
    public static void Write<T>(T message, Action<T, SerializationContext> serializer, IBufferWriter<byte> target, int? maxMessageSize, CompressionLevel? compression)
    {
        var writer = _ofThread ?? new MessageWriter();
        _ofThread = null; // should a serializer write another message in between
        (writer._target, writer._maxMessageSize, writer._compression) = (target, maxMessageSize, compression);
        try
        {
            serializer(message, writer);
        }
        finally
        {
            (writer._target, writer._announced, writer._scratch) = (null, null, null);
            _ofThread = writer;
        }
    }

    public override void SetPayloadLength(int payloadLength)
    {
        CheckSize(payloadLength);
        _announced = payloadLength;
    }

    public override IBufferWriter<byte> GetBufferWriter()
    {
        if (_compression is not null || _announced is not { } length)
            return _scratch ??= new ArrayBufferWriter<byte>();

        WriteHeader(compressed: false, length);
        return _target!; // set while a message is written
    }

    public override void Complete()
    {
        if (_scratch is not null)
            Complete(_scratch.WrittenSpan);
    }

    public override void Complete(byte[] payload) => Complete(payload.AsSpan());

    private void Complete(ReadOnlySpan<byte> payload)
    {
        CheckSize(payload.Length);
        if (_compression is { } level)
            payload = Gzip.Compress(payload, level);
        WriteHeader(_compression is not null, payload.Length);
        _target!.Write(payload); // as above
    }

    private void WriteHeader(bool compressed, int length)
    {
        MessageFrame.Write(_target!.GetSpan(MessageFrame.HeaderSize), compressed, length);
        _target.Advance(MessageFrame.HeaderSize);
    }

    private void CheckSize(int size)
    {
        if (size > _maxMessageSize)
            throw new RpcException(new Status(StatusCode.ResourceExhausted, "Sending message exceeds the maximum configured message size."));
    }
}
