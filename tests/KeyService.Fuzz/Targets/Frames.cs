using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using Google.Protobuf;
using Grpc.Core;
using KeyService.Protos.V1;
using KeyService.Standins.Wire;

namespace KeyService.Fuzz.Targets;

/// <summary>gRPC messages as they lie in a request's body, plain and gzip, read one and many.</summary>
internal static class Frames
{
    private const int Limit = 16 << 10;

    public static IReadOnlyList<byte[]> Examples { get; } =
    [
        .. Requests.Messages.Take(3).Select(message => Frame(message, compress: false)),
        .. Requests.Messages.Take(3).Select(message => Frame(message, compress: true)),
        [.. Frame(Requests.Messages[0], compress: false), .. Frame(Requests.Messages[0], compress: true)],
        Frame(new SignRequest { Message = ByteString.CopyFrom(new byte[2 << 20]) }, compress: true), // unfolds to 2 MiB
        Frame(new SignRequest { Message = ByteString.CopyFrom(new byte[Limit - 8]) }, compress: true),
        [],
    ];

    public static bool Take(byte[] input)
    {
        var many = ReadAll(Pipe(input), out var fault);
        SignRequest only;
        try
        {
            only = Reader(Pipe(input)).ReadSingleAsync(default).AsTask().GetAwaiter().GetResult();
        }
        catch (RpcException) when (fault is not null || many.Count != 1)
        {
            throw fault ?? new RpcException(Status.DefaultCancelled);
        }

        Rule.Holds(fault is null && many.Count == 1 && many[0].Equals(only), "one message is read alone that is not alone in a stream, or is another there");
        var written = Frame(only, compress: input.Length % 2 == 0);
        Rule.Holds(Reader(Pipe(written)).ReadSingleAsync(default).AsTask().GetAwaiter().GetResult().Equals(only), "a message is another one after it was written");
        return true;
    }

    /// <summary>One message, parsed as the host parses it.</summary>
    /// <exception cref="RpcException">It cannot be parsed.</exception>
    public static IMessage Read(MessageParser parser, ReadOnlySpan<byte> message)
    {
        var frame = new byte[MessageFrame.HeaderSize + message.Length];
        MessageFrame.Write(frame, compressed: false, message.Length);
        message.CopyTo(frame.AsSpan(MessageFrame.HeaderSize));
        var reader = new MessageReader<IMessage>(Pipe(frame), context => parser.ParseFrom(context.PayloadAsReadOnlySequence()), null, null);
        return reader.ReadSingleAsync(default).AsTask().GetAwaiter().GetResult();
    }

    /// <summary>The content in a frame of the right length, compressed or not.</summary>
    public static byte[] Repair(Random random, byte[] input)
    {
        var content = input.AsSpan(Math.Min(input.Length, MessageFrame.HeaderSize));
        var isGzip = input is [1, ..];
        var compressed = !isGzip && random.Next(4) == 0;
        var payload = compressed ? Gzip.Compress(content, CompressionLevel.Fastest) : content;
        var frame = new byte[MessageFrame.HeaderSize + payload.Length];
        MessageFrame.Write(frame, compressed || isGzip, payload.Length);
        payload.CopyTo(frame.AsSpan(MessageFrame.HeaderSize));
        return frame;
    }

    private static List<SignRequest> ReadAll(PipeReader pipe, out RpcException? fault)
    {
        var messages = new List<SignRequest>();
        var reader = Reader(pipe);
        fault = null;
        try
        {
            while (reader.ReadNextAsync(default).AsTask().GetAwaiter().GetResult() is { } message)
                messages.Add(message);
        }
        catch (RpcException e)
        {
            fault = e;
        }

        return messages;
    }

    private static MessageReader<SignRequest> Reader(PipeReader pipe) => new(pipe, Parse, Limit, "gzip");

    private static SignRequest Parse(DeserializationContext context)
    {
        Rule.Holds(context.PayloadLength <= Limit, "a message is longer than its limit");
        return SignRequest.Parser.ParseFrom(context.PayloadAsReadOnlySequence());
    }

    private static byte[] Frame(IMessage message, bool compress)
    {
        var target = new ArrayBufferWriter<byte>();
        MessageWriter.Write(message, (content, context) =>
        {
            context.SetPayloadLength(content.CalculateSize());
            content.WriteTo(context.GetBufferWriter());
            context.Complete();
        }, target, maxMessageSize: null, compress ? CompressionLevel.Fastest : null);
        return target.WrittenSpan.ToArray();
    }

    /// <summary>Some in one piece, others in pieces of a few bytes, so that headers and messages lie across them.</summary>
    private static PipeReader Pipe(byte[] input)
    {
        if (input.Length is 0 or > 256 || input.Length % 3 == 0)
            return PipeReader.Create(new ReadOnlySequence<byte>(input));
        var first = new Piece(input.AsMemory(0, 1), null);
        var last = first;
        for (var at = 1; at < input.Length; at += 3)
            last = new Piece(input.AsMemory(at, Math.Min(3, input.Length - at)), last);
        return PipeReader.Create(new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length));
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? previous)
        {
            Memory = memory;
            if (previous is null)
                return;
            RunningIndex = previous.RunningIndex + previous.Memory.Length;
            previous.Next = this;
        }
    }
}
