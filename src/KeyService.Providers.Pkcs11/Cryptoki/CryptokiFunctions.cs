using System.Runtime.InteropServices;

namespace KeyService.Providers.Pkcs11.Cryptoki;

/// <summary>
/// The functions of one module, called through its CK_FUNCTION_LIST. Nothing here allocates: a call is an indirect jump.
/// The library is never unloaded, since a call that hangs may still be inside it.
/// </summary>
internal sealed unsafe class CryptokiFunctions
{
    // CK_FUNCTION_LIST: a CK_VERSION of two bytes, padded to a pointer, then the functions in the order of the standard.
    private readonly void** _functions;

    private CryptokiFunctions(void** functions) => _functions = functions;

    /// <exception cref="DllNotFoundException">The file is missing or is no library for this machine.</exception>
    /// <exception cref="BadImageFormatException">As before.</exception>
    /// <exception cref="EntryPointNotFoundException">The library is no PKCS#11 module.</exception>
    public static CryptokiFunctions Load(string path)
    {
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException("The PKCS#11 binding is written for the structure layout of Linux and macOS.");

        var library = NativeLibrary.Load(path);
        var getFunctionList = (delegate* unmanaged[Cdecl]<void***, nuint>)NativeLibrary.GetExport(library, "C_GetFunctionList");
        void** list = null;
        CryptokiException.ThrowUnlessOk("C_GetFunctionList", (CkReturn)getFunctionList(&list));
        return new CryptokiFunctions(list + 1);
    }

    public CkReturn Initialize(CkInitializeArgs* args) => (CkReturn)((delegate* unmanaged[Cdecl]<void*, nuint>)_functions[0])(args);

    public CkReturn FinalizeModule() => (CkReturn)((delegate* unmanaged[Cdecl]<void*, nuint>)_functions[1])(null);

    public CkReturn GetSlotList(bool tokenPresent, nuint* slots, nuint* count) =>
        (CkReturn)((delegate* unmanaged[Cdecl]<byte, nuint*, nuint*, nuint>)_functions[4])(tokenPresent ? (byte)1 : (byte)0, slots, count);

    public CkReturn GetTokenRecord(nuint slot, CkTokenRecord* record) =>
        (CkReturn)((delegate* unmanaged[Cdecl]<nuint, void*, nuint>)_functions[6])(slot, record);

    public CkReturn GetMechanismList(nuint slot, nuint* mechanisms, nuint* count) =>
        (CkReturn)((delegate* unmanaged[Cdecl]<nuint, nuint*, nuint*, nuint>)_functions[7])(slot, mechanisms, count);

    public CkReturn OpenSession(nuint slot, nuint flags, nuint* session) =>
        (CkReturn)((delegate* unmanaged[Cdecl]<nuint, nuint, void*, void*, nuint*, nuint>)_functions[12])(slot, flags, null, null, session);

    public CkReturn CloseSession(nuint session) => (CkReturn)((delegate* unmanaged[Cdecl]<nuint, nuint>)_functions[13])(session);

    public CkReturn GetSessionState(nuint session, CkSessionState* state) =>
        (CkReturn)((delegate* unmanaged[Cdecl]<nuint, void*, nuint>)_functions[15])(session, state);

    public CkReturn Login(nuint session, nuint user, byte* pin, nuint length) =>
        (CkReturn)((delegate* unmanaged[Cdecl]<nuint, nuint, byte*, nuint, nuint>)_functions[18])(session, user, pin, length);

    public CkReturn DestroyObject(nuint session, nuint key) =>
        (CkReturn)((delegate* unmanaged[Cdecl]<nuint, nuint, nuint>)_functions[22])(session, key);

    public CkReturn GetAttributeValue(nuint session, nuint key, CkAttribute* attributes, nuint count) =>
        (CkReturn)((delegate* unmanaged[Cdecl]<nuint, nuint, void*, nuint, nuint>)_functions[24])(session, key, attributes, count);

    public CkReturn FindObjectsInit(nuint session, CkAttribute* attributes, nuint count) =>
        (CkReturn)((delegate* unmanaged[Cdecl]<nuint, void*, nuint, nuint>)_functions[26])(session, attributes, count);

    public CkReturn FindObjects(nuint session, nuint* found, nuint capacity, nuint* count) =>
        (CkReturn)((delegate* unmanaged[Cdecl]<nuint, nuint*, nuint, nuint*, nuint>)_functions[27])(session, found, capacity, count);

    public CkReturn FindObjectsFinal(nuint session) => (CkReturn)((delegate* unmanaged[Cdecl]<nuint, nuint>)_functions[28])(session);

    public CkReturn SignInit(nuint session, CkMechanism* mechanism, nuint key) =>
        (CkReturn)((delegate* unmanaged[Cdecl]<nuint, void*, nuint, nuint>)_functions[42])(session, mechanism, key);

    public CkReturn Sign(nuint session, byte* data, nuint dataLength, byte* signature, nuint* signatureLength) =>
        (CkReturn)((delegate* unmanaged[Cdecl]<nuint, byte*, nuint, byte*, nuint*, nuint>)_functions[43])(
            session, data, dataLength, signature, signatureLength);

    public CkReturn GenerateKeyPair(
        nuint session, CkMechanism* mechanism,
        CkAttribute* publicTemplate, nuint publicCount, CkAttribute* privateTemplate, nuint privateCount,
        nuint* publicKey, nuint* privateKey) =>
        (CkReturn)((delegate* unmanaged[Cdecl]<nuint, void*, void*, nuint, void*, nuint, nuint*, nuint*, nuint>)_functions[59])(
            session, mechanism, publicTemplate, publicCount, privateTemplate, privateCount, publicKey, privateKey);
}
