using System.Diagnostics;
using System.Runtime.InteropServices;

namespace KeyService.Testing.Aws;

/// <summary>
/// moto's server, an emulator that others wrote, as a process of its own on 127.0.0.1. More lenient than KMS in much: it
/// ignores MessageType and key states, salts PSS otherwise, checks no signature of a request and knows no pages.
/// </summary>
public sealed class MotoServer : IDisposable
{
    private const int SignalContinue = 18;
    private const int SignalStop = 19;
    private const string Announcement = "Running on ";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private readonly Process _process;

    private MotoServer(Process process, Uri endpoint) => (_process, Endpoint) = (process, endpoint);

    public Uri Endpoint { get; }

    public static async Task<MotoServer> StartAsync(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Program(), ["-H", "127.0.0.1", "-p", "0"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        var process = Process.Start(start) ?? throw new InvalidOperationException("moto_server did not start.");
        var address = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => address.TrySetException(new InvalidOperationException("moto_server ended."));
        process.OutputDataReceived += Read;
        process.ErrorDataReceived += Read; // read on, or it would block on a full pipe
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            return new MotoServer(process, await address.Task.WaitAsync(StartLimit, cancellationToken));
        }
        catch
        {
            End(process);
            throw;
        }

        void Read(object sender, DataReceivedEventArgs line)
        {
            if (line.Data?.IndexOf(Announcement, StringComparison.Ordinal) is >= 0 and var at)
                address.TrySetResult(new Uri(line.Data[(at + Announcement.Length)..].Trim()));
        }
    }

    /// <summary>Stops the process in its tracks: it answers nothing until it is let go on.</summary>
    public void Freeze() => Signal(SignalStop);

    public void Thaw() => Signal(SignalContinue);

    public void Dispose() => End(_process);

    /// <summary>On PATH, or where infra/dev/install.sh puts it.</summary>
    private static string Program()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append(Repository.PathOf("obj", "moto", "bin"));
        return folders.Select(static folder => Path.Combine(folder, "moto_server")).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException("There is no moto_server. Run infra/dev/install.sh test.");
    }

    private static void End(Process process)
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        process.Dispose();
    }

    private void Signal(int signal)
    {
        if (kill(_process.Id, signal) != 0)
            throw new InvalidOperationException("moto_server takes no signals.");
    }

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int process, int signal);
}
