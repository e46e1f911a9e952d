using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace KeyService.Testing.Aws;

/// <summary>Signs with Ed25519, which .NET lacks, in the library that .NET's cryptography on Linux is made of.</summary>
internal static class LibcryptoEd25519
{
    private const int NidEd25519 = 1087; // obj_mac.h
    private const string Library = "libcrypto.so.3";

    public static byte[] PublicKey(byte[] seed) => WithKey(seed, static (key, _) =>
    {
        var publicKey = new byte[32];
        nuint length = 32;
        Check(EVP_PKEY_get_raw_public_key(key, publicKey, ref length));
        return publicKey;
    }, []);

    public static byte[] Sign(byte[] seed, byte[] message) => WithKey(seed, static (key, message) =>
    {
        var context = EVP_MD_CTX_new();
        try
        {
            var signature = new byte[64];
            nuint length = 64;
            Check(EVP_DigestSignInit(context, 0, 0, 0, key));
            Check(EVP_DigestSign(context, signature, ref length, message, (nuint)message.Length));
            return signature;
        }
        finally
        {
            EVP_MD_CTX_free(context);
        }
    }, message);

    private static byte[] WithKey(byte[] seed, Func<nint, byte[], byte[]> use, byte[] message)
    {
        var key = EVP_PKEY_new_raw_private_key(NidEd25519, 0, seed, (nuint)seed.Length);
        Check(key == 0 ? 0 : 1);
        try
        {
            return use(key, message);
        }
        finally
        {
            EVP_PKEY_free(key);
        }
    }

    private static void Check(int result)
    {
        if (result != 1)
            throw new CryptographicException("libcrypto refused Ed25519.");
    }

    [DllImport(Library), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint EVP_PKEY_new_raw_private_key(int type, nint engine, byte[] key, nuint length);

    [DllImport(Library), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int EVP_PKEY_get_raw_public_key(nint key, byte[] publicKey, ref nuint length);

    [DllImport(Library), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void EVP_PKEY_free(nint key);

    [DllImport(Library), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint EVP_MD_CTX_new();

    [DllImport(Library), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void EVP_MD_CTX_free(nint context);

    [DllImport(Library), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int EVP_DigestSignInit(nint context, nint keyContext, nint digest, nint engine, nint key);

    [DllImport(Library), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int EVP_DigestSign(nint context, byte[] signature, ref nuint signatureLength, byte[] message, nuint messageLength);
}
