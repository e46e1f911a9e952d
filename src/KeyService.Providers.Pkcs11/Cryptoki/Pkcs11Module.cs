using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using KeyService.Core;

namespace KeyService.Providers.Pkcs11.Cryptoki;

/// <summary>
/// A module (a shared library) of this process: initialized once, whoever uses it. Its state is global to the process, so the
/// providers that name the same file share one instance, and a restart of the module by one of them is a restart for all:
/// they notice by <see cref="Generation"/>.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Lives as long as the process: a library that was loaded is never unloaded.")]
internal sealed class Pkcs11Module
{
    private static readonly TimeSpan PoliteInterval = TimeSpan.FromMinutes(1);
    private static readonly Lock LoadedLock = new();
    private static readonly Dictionary<string, Pkcs11Module> Loaded = new(StringComparer.Ordinal);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly string _path;
    private string? _initArgs;
    private int _users;
    private int _connected;
    private long _generation;
    private bool _initialized;
    private bool _foreign;
    private long _initializedAt;
    private Task<CkReturn>? _pending;
    private Task<CkReturn>? _lateInitialize;
    private CryptokiFunctions? _functions;

    private Pkcs11Module(string path) => _path = path;

    public ModuleGate Gate { get; } = new();

    /// <summary>Counts the initializations: every session and object handle dies with its generation. 0 before the first.</summary>
    public long Generation => Volatile.Read(ref _generation);

    /// <summary>True when other code of this process initialized the module. We never finalize it then.</summary>
    public bool IsForeign => Volatile.Read(ref _foreign);

    public CryptokiFunctions Functions =>
        _functions ?? throw new InvalidOperationException("The module is not loaded: enter it through its gate.");

    /// <summary>The process's one instance for a file; give it back by <see cref="ReleaseAsync"/>. Loads nothing yet.</summary>
    public static Pkcs11Module Acquire(string path, string? initArgs)
    {
        // Links are followed: the loader tells libraries apart by file, and so must we.
        var file = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
        lock (LoadedLock)
        {
            if (!Loaded.TryGetValue(file, out var module))
                Loaded.Add(file, module = new Pkcs11Module(file));
            if (module._users > 0 && module._initArgs != initArgs)
            {
                throw new KeyServiceException(
                    KeyServiceError.ProviderRejected, "Two PKCS#11 providers name the same Module with different InitArgs.");
            }

            module._initArgs = initArgs;
            module._users++;
            return module;
        }
    }

    public void CountConnected(int change) => Interlocked.Add(ref _connected, change);

    /// <summary>
    /// True when a restart only to look for a missing token would disturb another provider that works, and did so less
    /// than a minute ago.
    /// </summary>
    public bool RestartWouldDisturb(TimeProvider time) =>
        Volatile.Read(ref _connected) > 0 && time.GetElapsedTime(Volatile.Read(ref _initializedAt)) < PoliteInterval;

    /// <summary>
    /// Initializes the module unless that was done after generation <paramref name="broken"/>; waits first until all calls
    /// have left it, then finalizes what is there.
    /// </summary>
    /// <exception cref="StuckCallException">A call does not come back.</exception>
    /// <exception cref="CryptokiException">C_Initialize failed; the gate stays closed until a later attempt succeeds.</exception>
    public async Task EnsureInitializedAsync(long broken, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_initialized && _generation > broken)
                return;

            await FinalizeAsync(limit, time, cancellationToken);
            var answer = await InitializeAsync(limit, time, cancellationToken);
            if (answer is not (CkReturn.Ok or CkReturn.CryptokiAlreadyInitialized))
                throw new CryptokiException("C_Initialize", answer);

            Volatile.Write(ref _foreign, answer == CkReturn.CryptokiAlreadyInitialized);
            Volatile.Write(ref _initializedAt, time.GetTimestamp());
            _initialized = true;
            Volatile.Write(ref _generation, _generation + 1);
            Gate.Open();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Gives the module back; the last user finalizes it, unless other code initialized it or a call hangs inside.</summary>
    public async Task ReleaseAsync(TimeSpan limit, TimeProvider time)
    {
        await _turn.WaitAsync(CancellationToken.None);
        try
        {
            lock (LoadedLock)
            {
                if (--_users > 0)
                    return;
            }

            if (_initialized)
                await FinalizeAsync(limit, time, CancellationToken.None);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<CkReturn> InitializeAsync(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await RunAsync(Initialize, limit, time, cancellationToken);
        }
        catch (StuckCallException)
        {
            _lateInitialize = _pending;
            throw;
        }
    }

    private async Task FinalizeAsync(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        if (_lateInitialize is { } late)
        {
            // Given up on, but if it succeeded after all the module is ours to finalize.
            _initialized = await LimitAsync(late, limit, time, cancellationToken) == CkReturn.Ok;
            _lateInitialize = null;
        }
        else if (_pending is { IsCompleted: false })
        {
            await LimitAsync(_pending, limit, time, cancellationToken);
        }

        try
        {
            await Gate.Close().WaitAsync(limit, time, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            if (_initialized)
                Gate.Open(); // the calls that do come back keep the module useful for the other tokens
            if (exception is OperationCanceledException)
                throw;
            throw new StuckCallException();
        }

        if (!_initialized)
            return;

        _initialized = false;
        if (!_foreign)
            await RunAsync(() => Functions.FinalizeModule(), limit, time, cancellationToken); // broken or gone already: any answer will do
    }

    private unsafe CkReturn Initialize()
    {
        _functions ??= CryptokiFunctions.Load(_path);

        // Some modules keep the pointer, and some read a few bytes past the end: padded, and never freed.
        byte* reserved = null;
        if (_initArgs is { } text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            reserved = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 64);
            bytes.CopyTo(new Span<byte>(reserved, bytes.Length));
        }

        var arguments = new CkInitializeArgs { Flags = Ck.Flag.OsLockingOk, Reserved = reserved };
        return _functions.Initialize(&arguments);
    }

    private async Task<CkReturn> RunAsync(Func<CkReturn> call, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        _pending = Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return await LimitAsync(_pending, limit, time, cancellationToken);
    }

    private static async Task<CkReturn> LimitAsync(Task<CkReturn> call, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await call.WaitAsync(limit, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new StuckCallException();
        }
    }
}
