using System.Diagnostics;
using System.Text;

namespace KeyService.Testing;

/// <summary>Runs another program in bounded time. Kills its process tree, and no other process, when the time is up.</summary>
public static class ProcessRun
{
    public static async Task<ProcessResult> RunAsync(
        string program,
        IEnumerable<string> arguments,
        TimeSpan limit,
        string? workingDirectory = null,
        IReadOnlyDictionary<string, string>? environment = null,
        CancellationToken cancellationToken = default)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory ?? "",
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;

        var output = new StringBuilder();
        using var process = new Process { StartInfo = start };
        process.OutputDataReceived += Collect;
        process.ErrorDataReceived += Collect;
        process.Start();
        process.StandardInput.Close(); // a program that asks for input fails instead of waiting
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        time.CancelAfter(limit);
        try
        {
            await process.WaitForExitAsync(time.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            return new ProcessResult(null, Text());
        }

        return new ProcessResult(process.ExitCode, Text());

        void Collect(object sender, DataReceivedEventArgs line)
        {
            if (line.Data is null)
                return;
            lock (output)
                output.Append(line.Data).Append('\n');
        }

        string Text()
        {
            lock (output)
                return output.ToString();
        }
    }
}
