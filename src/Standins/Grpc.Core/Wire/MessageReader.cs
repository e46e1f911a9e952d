using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Google.Protobuf;
using Grpc.Core;

namespace KeyService.Standins.Wire;

/// <summary>Reads framed messages, parsing them where they lie in the pipe.</summary>
internal readonly struct MessageReader<T>(PipeReader pipe, Func<DeserializationContext, T> deserializer, int? maxMessageSize, string? encoding)
    where T : class
{
    /// <summary>The next message, or null at the end of the stream.</summary>
    /// <exception cref="RpcException">What came is no message: truncated, too large, compressed wrongly, unparsable.</exception>
    public async ValueTask<T?> ReadNextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await ReadPipeAsync(cancellationToken);
            var buffer = result.Buffer;
            if (TryRead(ref buffer, out var message))
            {
                pipe.AdvanceTo(buffer.Start);
                return message;
            }

            if (result.IsCompleted)
            {
                ThrowIfTruncated(buffer);
                pipe.AdvanceTo(buffer.End);
                return null;
            }

            pipe.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    /// <summary>The only message of a stream: waits for its end, so that a second message is noticed.</summary>
    /// <exception cref="RpcException">None, more than one, or as <see cref="ReadNextAsync"/>.</exception>
    public async ValueTask<T> ReadSingleAsync(CancellationToken cancellationToken)
    {
        T? message = null;
        while (true)
        {
            var result = await ReadPipeAsync(cancellationToken);
            var buffer = result.Buffer;
            if (message is null)
                TryRead(ref buffer, out message);
            if (message is not null && !buffer.IsEmpty)
                throw WireErrors.Internal("Additional data after the message received.");

            if (result.IsCompleted)
            {
                ThrowIfTruncated(buffer);
                pipe.AdvanceTo(buffer.End);
                return message ?? throw WireErrors.Internal("Incomplete message.");
            }

            pipe.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private async ValueTask<ReadResult> ReadPipeAsync(CancellationToken cancellationToken)
    {
        var result = await pipe.ReadAsync(cancellationToken);
        return result.IsCanceled ? throw new OperationCanceledException("The call ended while its messages were read.") : result;
    }

    private static void ThrowIfTruncated(ReadOnlySequence<byte> rest)
    {
        if (!rest.IsEmpty)
            throw WireErrors.Internal("Incomplete message.");
    }

    private bool TryRead(ref ReadOnlySequence<byte> buffer, [NotNullWhen(true)] out T? message)
    {
        message = null;
        if (buffer.Length < MessageFrame.HeaderSize)
            return false;

        var (flag, length) = ReadHeader(buffer);
        if (length > (uint)(maxMessageSize ?? int.MaxValue))
            throw WireErrors.ReceivedTooLarge(); // before the message is buffered
        if (buffer.Length < MessageFrame.HeaderSize + length)
            return false;

        var payload = buffer.Slice(MessageFrame.HeaderSize, length);
        buffer = buffer.Slice(payload.End);
        if (flag != 0)
            payload = Decompress(flag, payload);
        try
        {
            message = MessagePayload.Parse(payload, deserializer);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or IndexOutOfRangeException or ArgumentOutOfRangeException) // the others at some lengths beyond the end
        {
            throw WireErrors.Internal("Message cannot be parsed.", e);
        }

        return true;
    }

    private static (byte Flag, uint Length) ReadHeader(ReadOnlySequence<byte> buffer)
    {
        if (buffer.FirstSpan.Length >= MessageFrame.HeaderSize)
            return MessageFrame.Read(buffer.FirstSpan);
        Span<byte> header = stackalloc byte[MessageFrame.HeaderSize];
        buffer.Slice(0, MessageFrame.HeaderSize).CopyTo(header);
        return MessageFrame.Read(header);
    }

    private ReadOnlySequence<byte> Decompress(byte flag, ReadOnlySequence<byte> payload) => (flag, encoding) switch
    {
        ( > 1, _) => throw WireErrors.Internal("Unexpected compressed flag in message header."),
        (_, null or "" or "identity") => throw WireErrors.Internal("Compressed flag set without grpc-encoding."),
        (_, Gzip.Name) => Gzip.Decompress(payload, maxMessageSize),
        _ => throw new RpcException(new Status(StatusCode.Unimplemented, $"Unsupported grpc-encoding value '{encoding}'. Supported encodings: identity, gzip")),
    };
}
