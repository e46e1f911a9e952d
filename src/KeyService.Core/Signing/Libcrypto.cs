using System.Runtime.InteropServices;

namespace KeyService.Core.Signing;

/// <summary>
/// The few functions of OpenSSL's libcrypto that verify Ed25519. .NET 10 has no Ed25519 of its own, but on Linux its
/// cryptography is this very library, so it is in the process already. Only public keys and signatures ever go in.
/// </summary>
internal sealed class Libcrypto
{
    private const int NidEd25519 = 1087; // obj_mac.h

    /// <summary>Newest first, as .NET chooses. The names are those of Linux: elsewhere the platform's cryptography is another.</summary>
    private static readonly string[] Names = ["libcrypto.so.3", "libcrypto.so.1.1"];

    private readonly NewRawPublicKey _newRawPublicKey;
    private readonly Free _freeKey;
    private readonly New _newContext;
    private readonly Free _freeContext;
    private readonly DigestVerifyInit _verifyInit;
    private readonly DigestVerify _verify;
    private readonly ClearErrors _clearErrors;

    private Libcrypto(nint library)
    {
        _newRawPublicKey = Function<NewRawPublicKey>(library, "EVP_PKEY_new_raw_public_key");
        _freeKey = Function<Free>(library, "EVP_PKEY_free");
        _newContext = Function<New>(library, "EVP_MD_CTX_new");
        _freeContext = Function<Free>(library, "EVP_MD_CTX_free");
        _verifyInit = Function<DigestVerifyInit>(library, "EVP_DigestVerifyInit");
        _verify = Function<DigestVerify>(library, "EVP_DigestVerify");
        _clearErrors = Function<ClearErrors>(library, "ERR_clear_error");
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nint NewRawPublicKey(int type, nint engine, in byte key, nuint length);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nint New();

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void Free(nint pointer);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int DigestVerifyInit(nint context, nint keyContext, nint digest, nint engine, nint key);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int DigestVerify(nint context, in byte signature, nuint signatureLength, in byte message, nuint messageLength);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void ClearErrors();

    /// <summary>Null where there is no libcrypto of 1.1.1 or later.</summary>
    public static Libcrypto? Loaded { get; } = Load();

    /// <summary>Null where libcrypto does not offer Ed25519, as in some FIPS configurations.</summary>
    public LibcryptoPublicKey? ImportEd25519(ReadOnlySpan<byte> publicKey)
    {
        var key = _newRawPublicKey(NidEd25519, 0, in MemoryMarshal.GetReference(publicKey), (nuint)publicKey.Length);
        if (key != 0)
            return new LibcryptoPublicKey(this, key);

        _clearErrors();
        return null;
    }

    public SignatureVerdict Verify(nint key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        var context = _newContext();
        if (context == 0)
            throw new InsufficientMemoryException("libcrypto could not allocate a digest context.");

        try
        {
            if (_verifyInit(context, 0, 0, 0, key) != 1)
                return SignatureVerdict.CannotVerifyHere;

            var result = _verify(
                context,
                in MemoryMarshal.GetReference(signature), (nuint)signature.Length,
                in MemoryMarshal.GetReference(message), (nuint)message.Length);
            return result == 1 ? SignatureVerdict.Valid : SignatureVerdict.Invalid;
        }
        finally
        {
            _freeContext(context);
            _clearErrors(); // the queue is this thread's and shared with .NET, which would report our error as its own
        }
    }

    public void FreeKey(nint key) => _freeKey(key);

    private static Libcrypto? Load()
    {
        if (!OperatingSystem.IsLinux())
            return null;

        foreach (var name in Names)
        {
            // 1.1.0 has the file name of 1.1.1 but not yet the function.
            if (NativeLibrary.TryLoad(name, out var library) && NativeLibrary.TryGetExport(library, "EVP_DigestVerify", out _))
                return new Libcrypto(library);
        }

        return null;
    }

    private static TDelegate Function<TDelegate>(nint library, string name)
        where TDelegate : Delegate =>
        Marshal.GetDelegateForFunctionPointer<TDelegate>(NativeLibrary.GetExport(library, name));
}
