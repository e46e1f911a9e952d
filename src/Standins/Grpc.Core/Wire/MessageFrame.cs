using System.Buffers.Binary;

namespace KeyService.Standins.Wire;

/// <summary>The five octets before each message: a flag and a length.</summary>
internal static class MessageFrame
{
    public const int HeaderSize = 5;

    public static void Write(Span<byte> target, bool compressed, int length)
    {
        target[0] = compressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32BigEndian(target[1..], (uint)length);
    }

    /// <summary>The flag is given as it stands: only 0 and 1 mean something.</summary>
    public static (byte Flag, uint Length) Read(ReadOnlySpan<byte> header) =>
        (header[0], BinaryPrimitives.ReadUInt32BigEndian(header[1..]));
}
