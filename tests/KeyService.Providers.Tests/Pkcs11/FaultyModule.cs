using System.Runtime.InteropServices;
using System.Text;
using KeyService.Providers.Pkcs11.Cryptoki;
using KeyService.Testing;

namespace KeyService.Providers.Tests.Pkcs11;

/// <summary>A private copy of SoftHSM behind a module that misbehaves on demand (native/faulty.c).</summary>
internal sealed class FaultyModule : IDisposable
{
    private static readonly Lazy<Task<string>> Compiled = new(CompileAsync);
    private readonly nint _library;

    private FaultyModule(SoftHsm softHsm)
    {
        SoftHsm = softHsm;
        Path = System.IO.Path.Combine(softHsm.Folder, "faulty.so");
        _library = NativeLibrary.Load(Path);
    }

    /// <summary>Functions by their place in CK_FUNCTION_LIST.</summary>
    internal enum Function
    {
        Initialize = 0,
        Finalize = 1,
        GetSlotList = 4,
        OpenSession = 12,
        GetSessionInfo = 15,
        Login = 18,
        GetAttributeValue = 24,
        FindObjectsInit = 26,
        SignInit = 42,
        Sign = 43,
        GenerateKeyPair = 59,
    }

    public string Path { get; }

    /// <summary>The SoftHSM behind it, which no other module uses.</summary>
    public SoftHsm SoftHsm { get; }

    public unsafe ulong SeenInitializeFlags => ((delegate* unmanaged[Cdecl]<nuint>)Export("faulty_seen_flags"))();

    public unsafe string? SeenReserved => Marshal.PtrToStringUTF8(((delegate* unmanaged[Cdecl]<nint>)Export("faulty_seen_reserved"))());

    public static async Task<FaultyModule> CreateAsync(SoftHsmFixture softHsm)
    {
        var compiled = await Compiled.Value;
        var (own, variable) = softHsm.CreatePrivate();
        File.Copy(compiled, System.IO.Path.Combine(own.Folder, "faulty.so"));
        var target = await File.ReadAllBytesAsync(own.Module);
        var name = target.AsSpan().IndexOf("SOFTHSM2_CONF"u8);
        Assert.True(name > 0, "SoftHSM has no variable for its configuration.");
        Encoding.ASCII.GetBytes(variable, target.AsSpan(name));
        await File.WriteAllBytesAsync(System.IO.Path.Combine(own.Folder, "target.so"), target);
        return new FaultyModule(own);
    }

    /// <summary>After <paramref name="skip"/> good calls the function answers the code so many times; for ever where that is negative.</summary>
    public unsafe void Fail(Function function, CkReturn code, int times = 1, int skip = 0) =>
        ((delegate* unmanaged[Cdecl]<int, nuint, nint, nint, void>)Export("faulty_fail"))((int)function, (nuint)code, skip, times);

    public void Heal(Function function) => Fail(function, CkReturn.Ok, times: 0);

    /// <summary>The next so many calls of the function hang.</summary>
    public unsafe void Freeze(Function function, int calls = 1) =>
        ((delegate* unmanaged[Cdecl]<int, nint, void>)Export("faulty_freeze"))((int)function, calls);

    public void Release(Function function) => Freeze(function, 0);

    /// <summary>Blocks until exactly so many threads hang in the function.</summary>
    public unsafe void WaitUntilFrozen(Function function, int threads)
    {
        var wait = (delegate* unmanaged[Cdecl]<int, nint, nint, int>)Export("faulty_wait_frozen");
        Assert.True(wait((int)function, threads, 10_000) != 0, $"{threads} threads should hang in C_{function}.");
    }

    public unsafe long Calls(Function function) => ((delegate* unmanaged[Cdecl]<int, nint>)Export("faulty_calls"))((int)function);

    public void HideSlots(bool hidden) => Switch("faulty_hide_slots", hidden);

    public void ShortenSignatures() => Switch("faulty_short_signatures", true);

    /// <summary>Every signature of 64 bytes is this one from now on.</summary>
    public unsafe void Forge(ReadOnlySpan<byte> signature)
    {
        Assert.Equal(64, signature.Length);
        fixed (byte* bytes = signature)
            ((delegate* unmanaged[Cdecl]<byte*, void>)Export("faulty_forge"))(bytes);
    }

    public void SpoilPoints(bool spoiled) => Switch("faulty_spoil_points", spoiled);

    public unsafe void Lie(nuint attribute, bool value) =>
        ((delegate* unmanaged[Cdecl]<nuint, int, void>)Export("faulty_lie"))(attribute, value ? 1 : 0);

    public unsafe void HideAttribute(nuint attribute) => ((delegate* unmanaged[Cdecl]<nuint, void>)Export("faulty_hide_attribute"))(attribute);

    public void LogOut() => Do("faulty_logout");

    public void CloseAllSessions() => Do("faulty_close_all_sessions");

    public void FinalizeBehindTheBack() => Do("faulty_finalize_behind_the_back");

    /// <summary>Lets go what hangs. The libraries stay loaded, as modules do; their files may go.</summary>
    public void Dispose()
    {
        foreach (var function in Enum.GetValues<Function>())
            Release(function);
        SoftHsm.Dispose();
    }

    private unsafe void Do(string name) => Assert.Equal((nuint)0, ((delegate* unmanaged[Cdecl]<nuint>)Export(name))());

    private unsafe void Switch(string name, bool on) => ((delegate* unmanaged[Cdecl]<int, void>)Export(name))(on ? 1 : 0);

    private nint Export(string name) => NativeLibrary.GetExport(_library, name);

    private static async Task<string> CompileAsync()
    {
        var output = System.IO.Path.Combine(AppContext.BaseDirectory, $"faulty-{Environment.ProcessId}.so");
        var source = System.IO.Path.Combine(AppContext.BaseDirectory, "native", "faulty.c");
        var result = await ProcessRun.RunAsync(
            "cc", ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", output, source, "-lpthread", "-ldl"], TimeSpan.FromMinutes(1));
        return result.ExitCode == 0 ? output : throw new InvalidOperationException($"cc failed: {result.Output}");
    }
}
