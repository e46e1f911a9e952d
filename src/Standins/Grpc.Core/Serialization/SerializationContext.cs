using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a marshaller writes one message.</summary>
public abstract class SerializationContext
{
    public virtual void Complete(byte[] payload) => throw new NotSupportedException();

    public virtual IBufferWriter<byte> GetBufferWriter() => throw new NotSupportedException();

    /// <summary>Announces the exact length of what follows, so that it needs no buffer of its own.</summary>
    public virtual void SetPayloadLength(int payloadLength)
    {
        // A hint: a context may ignore it.
    }

    public virtual void Complete() => throw new NotSupportedException();
}
