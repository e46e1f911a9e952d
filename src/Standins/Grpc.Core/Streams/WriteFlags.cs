namespace Grpc.Core;

/// <summary>How to send a message.</summary>
[Flags]
public enum WriteFlags
{
    /// <summary>The message may wait in the buffer for the next.</summary>
    BufferHint = 0x1,

    /// <summary>Send this message uncompressed although compression was agreed on.</summary>
    NoCompress = 0x2,
}
