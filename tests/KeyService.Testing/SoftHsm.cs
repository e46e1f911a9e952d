using System.Runtime.InteropServices;

namespace KeyService.Testing;

/// <summary>
/// A SoftHSM of its own: a folder with configuration, tokens and PIN files, gone with the instance. SoftHSM finds its
/// configuration by a variable of the environment, so a test process has one instance, unless copies of the module are
/// changed to look at other variables.
/// </summary>
public sealed class SoftHsm : IDisposable
{
    private static readonly TimeSpan ToolLimit = TimeSpan.FromSeconds(30);
    private readonly DirectoryInfo _folder;

    private SoftHsm(DirectoryInfo folder, string module)
    {
        _folder = folder;
        Module = module;
        ConfigurationFile = ConfigurationIn(folder.FullName);
        var tokens = folder.CreateSubdirectory("tokens");
        File.WriteAllText(
            ConfigurationFile, $"directories.tokendir = {tokens.FullName}\nobjectstore.backend = file\nlog.level = ERROR\n");
    }

    /// <summary>Path of the PKCS#11 module.</summary>
    public string Module { get; }

    public string ConfigurationFile { get; }

    public string Folder => _folder.FullName;

    /// <summary>What a child process needs in its environment.</summary>
    public IReadOnlyDictionary<string, string> Environment =>
        new Dictionary<string, string> { ["SOFTHSM2_CONF"] = ConfigurationFile };

    /// <exception cref="FileNotFoundException">SoftHSM is not installed (Debian: softhsm2).</exception>
    public static SoftHsm Create() => CreateIn(Directory.CreateTempSubdirectory("keyservice-softhsm-").FullName);

    /// <summary>As <see cref="Create"/>, in a folder of the caller's choice.</summary>
    public static SoftHsm CreateIn(string folder) => new(Directory.CreateDirectory(folder), FindModule());

    /// <summary>
    /// Makes modules that look at the variable find the configuration of a folder when this process initializes them.
    /// Before the first module is loaded: getenv of C, on another thread, may not run beside this.
    /// </summary>
    public static void UseInThisProcess(string folder, string variable = "SOFTHSM2_CONF")
    {
        // Environment.SetEnvironmentVariable changes a copy that getenv of C never sees.
        if (NativeMethods.SetEnvironment(variable, ConfigurationIn(folder), 1) != 0)
            throw new InvalidOperationException("setenv failed.");
    }

    /// <summary>Makes a token with a random PIN. A process that has the module initialized sees it after it initializes anew.</summary>
    public async Task<SoftHsmToken> AddTokenAsync(string label, CancellationToken cancellationToken)
    {
        var pin = Guid.NewGuid().ToString("n");
        var pinFile = WriteSecret(label + ".pin", pin + "\n");
        var result = await ProcessRun.RunAsync(
            "softhsm2-util", ["--init-token", "--free", "--label", label, "--pin", pin, "--so-pin", "so-" + pin], ToolLimit,
            environment: Environment, cancellationToken: cancellationToken);
        return result.ExitCode == 0
            ? new SoftHsmToken(label, pin, pinFile)
            : throw new InvalidOperationException($"softhsm2-util failed: {result.Output}");
    }

    /// <summary>Writes a file that only its owner can read.</summary>
    public string WriteSecret(string name, string content)
    {
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException("Modes of files are a matter of Unix.");
        var path = Path.Combine(Folder, name);
        using (var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            file.Write(System.Text.Encoding.UTF8.GetBytes(content));
        }

        return path;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static string ConfigurationIn(string folder) => Path.Combine(folder, "softhsm2.conf");

    private static string FindModule()
    {
        IEnumerable<string> candidates =
        [
            "/usr/lib/softhsm/libsofthsm2.so",
            .. Directory.Exists("/usr/lib") ? Directory.EnumerateDirectories("/usr/lib").Select(static folder => Path.Combine(folder, "softhsm/libsofthsm2.so")) : [],
            "/usr/lib64/pkcs11/libsofthsm2.so",
            "/usr/local/lib/softhsm/libsofthsm2.so",
            "/opt/homebrew/lib/softhsm/libsofthsm2.so",
        ];
        return candidates.FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException("libsofthsm2.so was not found; install softhsm2.");
    }

    private static class NativeMethods
    {
#pragma warning disable SYSLIB1054 // a generated stub would need unsafe code in this project, for one call
        [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int SetEnvironment(string name, string value, int overwrite);
#pragma warning restore SYSLIB1054
    }
}
