using KeyService.Cli.Audit;
using KeyService.Testing;

namespace KeyService.Server.Tests.Audit;

/// <summary>The command as an operator runs it.</summary>
internal static class Keyservice
{
    /// <returns>The exit code, and the verdict's first words.</returns>
    public static async Task<(int? ExitCode, string Verdict)> VerifyAsync(string folder, params string[] arguments)
    {
        var run = await ProcessRun.RunAsync(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [typeof(LogVerdict).Assembly.Location, "audit", "verify", folder, .. arguments],
            TimeSpan.FromMinutes(1),
            cancellationToken: TestContext.Current.CancellationToken);
        string[] words = ["WHOLE", "OPEN END", "DAMAGED"];
        return (run.ExitCode, words.FirstOrDefault(word => run.Output.StartsWith(word, StringComparison.Ordinal)) ?? "");
    }
}
