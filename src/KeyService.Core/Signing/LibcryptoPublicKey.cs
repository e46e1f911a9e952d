using System.Runtime.InteropServices;

namespace KeyService.Core.Signing;

/// <summary>An EVP_PKEY with a public half only. OpenSSL lets any number of threads verify with it at once.</summary>
internal sealed class LibcryptoPublicKey : SafeHandle
{
    private readonly Libcrypto _library;

    public LibcryptoPublicKey(Libcrypto library, nint key)
        : base(invalidHandleValue: 0, ownsHandle: true)
    {
        _library = library;
        SetHandle(key);
    }

    public override bool IsInvalid => handle == 0;

    public SignatureVerdict Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        var added = false;
        try
        {
            DangerousAddRef(ref added); // disposal on another thread waits for this verification
            return _library.Verify(handle, message, signature);
        }
        finally
        {
            if (added)
                DangerousRelease();
        }
    }

    protected override bool ReleaseHandle()
    {
        _library.FreeKey(handle);
        return true;
    }
}
