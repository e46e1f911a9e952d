using System.Diagnostics;
using System.Globalization;
using KeyService.Storage.Crash;

namespace KeyService.Storage.Tests.Sqlite;

/// <summary>Another process that works on a store's file: KeyService.Storage.Crash, which says what its modes do.</summary>
internal sealed class StoreProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    private StoreProcess(ProcessStartInfo start)
    {
        start.RedirectStandardInput = true; // stays open as long as we live: the process ends itself when it closes
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _process = Process.Start(start) ?? throw new InvalidOperationException("The process did not start.");
        _errors = _process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    public static StoreProcess Start(string mode, string file, string keySet, int count) =>
        new(new ProcessStartInfo(Dotnet, [Program, mode, file, keySet, Text(count)]));

    /// <summary>Starts it with a limit on the size of any file that it writes, which works as a full disk does.</summary>
    public static StoreProcess StartWithFileLimit(int kibibytes, string mode, string file, string keySet, int count) =>
        new(new ProcessStartInfo("bash", // ignoring the signal leaves the error code; the runtime's own mapped pages are files too
            ["-c", $"trap '' XFSZ; ulimit -f {Text(kibibytes)}; exec \"$@\"", "bash", Dotnet, Program, mode, file, keySet, Text(count)])
        {
            Environment = { ["DOTNET_EnableWriteXorExecute"] = "0" },
        });

    public ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken) => _process.StandardOutput.ReadLineAsync(cancellationToken);

    /// <summary>SIGKILL: the process gets no chance to finish anything.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Waits for a good end. What it wrote to its error output is the message of the failure otherwise.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        Assert.True(_process.ExitCode == 0, await _errors);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private static string Dotnet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    private static string Program => typeof(A).Assembly.Location;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
