using System.Buffers;
using System.IO.Compression;
using Grpc.Core;

namespace KeyService.Standins.Wire;

/// <summary>Frames messages into a buffer: in place when the length is known beforehand, as it is for protobuf.</summary>
internal sealed class MessageWriter(IBufferWriter<byte> target, int? maxMessageSize, CompressionLevel? compression) : SerializationContext
{
    private bool _compress;
    private int? _announced;
    private ArrayBufferWriter<byte>? _scratch;

    /// <exception cref="RpcException">ResourceExhausted, before anything of the message is written.</exception>
    public void Write<T>(T message, Action<T, SerializationContext> serializer, bool mayCompress = true)
    {
        _compress = compression is not null && mayCompress;
        _announced = null;
        _scratch = null;
        serializer(message, this);
    }

    public override void SetPayloadLength(int payloadLength)
    {
        CheckSize(payloadLength);
        _announced = payloadLength;
    }

    public override IBufferWriter<byte> GetBufferWriter()
    {
        if (_compress || _announced is not { } length)
            return _scratch ??= new ArrayBufferWriter<byte>();

        WriteHeader(compressed: false, length);
        return target;
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
        if (_compress)
            payload = Gzip.Compress(payload, compression ?? CompressionLevel.Fastest);
        WriteHeader(_compress, payload.Length);
        target.Write(payload);
    }

    private void WriteHeader(bool compressed, int length)
    {
        MessageFrame.Write(target.GetSpan(MessageFrame.HeaderSize), compressed, length);
        target.Advance(MessageFrame.HeaderSize);
    }

    private void CheckSize(int size)
    {
        if (size > maxMessageSize)
            throw new RpcException(new Status(StatusCode.ResourceExhausted, "Sending message exceeds the maximum configured message size."));
    }
}
