using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace KeyService.Providers.Pkcs11.Cryptoki;

/// <summary>A list of attributes in unmanaged memory, for searching and generating. Not for the signing path.</summary>
internal sealed unsafe class ObjectTemplate : IDisposable
{
    private const int Capacity = 16;
    private CkAttribute* _attributes = (CkAttribute*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(CkAttribute));

    ~ObjectTemplate() => Free();

    public CkAttribute* Attributes => _attributes;

    public int Count { get; private set; }

    public ObjectTemplate Add(nuint type, bool value) => Add(type, [value ? (byte)1 : (byte)0]);

    public ObjectTemplate Add(nuint type, string value) => Add(type, Encoding.UTF8.GetBytes(value));

    public ObjectTemplate Add(nuint type, nuint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(nuint)];
        Unsafe.WriteUnaligned(ref bytes[0], value);
        return Add(type, bytes);
    }

    public ObjectTemplate Add(nuint type, ReadOnlySpan<byte> value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(Count, Capacity);
        var copy = (byte*)NativeMemory.Alloc((nuint)Math.Max(value.Length, 1));
        value.CopyTo(new Span<byte>(copy, value.Length));
        _attributes[Count++] = new CkAttribute { Type = type, Value = copy, Length = (nuint)value.Length };
        return this;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_attributes is null)
            return;
        for (var i = 0; i < Count; i++)
            NativeMemory.Free(_attributes[i].Value);
        NativeMemory.Free(_attributes);
        _attributes = null;
        Count = 0;
    }
}
