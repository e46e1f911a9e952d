using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KeyService.Providers.Pkcs11.Cryptoki;

// The layouts of Linux and macOS: natural alignment, CK_ULONG as wide as a pointer. (Windows packs to 1 with a 4-byte CK_ULONG.)

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CkInitializeArgs
{
    public void* CreateMutex;
    public void* DestroyMutex;
    public void* LockMutex;
    public void* UnlockMutex;
    public nuint Flags;
    public void* Reserved;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CkMechanism
{
    public nuint Mechanism;
    public void* Parameter;
    public nuint ParameterLength;
}

[StructLayout(LayoutKind.Sequential)]
internal struct CkPssParameters
{
    public nuint Hash;
    public nuint Mgf;
    public nuint SaltLength;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CkAttribute
{
    public nuint Type;
    public void* Value;
    public nuint Length;
}

[StructLayout(LayoutKind.Sequential)]
internal struct CkSessionState
{
    public nuint Slot;
    public nuint State;
    public nuint Flags;
    public nuint DeviceError;
}

[InlineArray(16)]
internal struct Text16
{
    private byte _first;
}

[InlineArray(32)]
internal struct Text32
{
    private byte _first;
}

/// <summary>CK_TOKEN_INFO. Texts are padded with blanks and not terminated.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CkTokenRecord
{
    public Text32 Label;
    public Text32 Manufacturer;
    public Text16 Model;
    public Text16 SerialNumber;
    public nuint Flags;
    public nuint MaxSessionCount;
    public nuint SessionCount;
    public nuint MaxRwSessionCount;
    public nuint RwSessionCount;
    public nuint MaxPinLength;
    public nuint MinPinLength;
    public nuint TotalPublicMemory;
    public nuint FreePublicMemory;
    public nuint TotalPrivateMemory;
    public nuint FreePrivateMemory;
    public ushort HardwareVersion;
    public ushort FirmwareVersion;
    public Text16 UtcTime;
}
