using KeyService.Testing;

namespace KeyService.Server.Tests;

/// <summary>The program as an operator runs it.</summary>
internal static class Keyservice
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>As a process of its own.</summary>
    public static Task<ProcessResult> StartAsync(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null) => ProcessRun.RunAsync(
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
        [typeof(KeyServiceHost).Assembly.Location, .. arguments],
        TimeSpan.FromMinutes(1),
        environment: environment,
        cancellationToken: Cancelled);

    /// <summary>Within this process.</summary>
    public static async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        await using var output = new StringWriter();
        var terms = Verbs.Terms;
        (terms.Output, terms.Error) = (output, output);
        var code = await Verbs.Make(TimeProvider.System).Parse(arguments, Verbs.Syntax).InvokeAsync(terms, Cancelled);
        return (code, output.ToString());
    }

    /// <returns>The exit code of <c>audit verify</c>, and the verdict's first words.</returns>
    public static async Task<(int? ExitCode, string Verdict)> VerifyAsync(string folder, params string[] arguments)
    {
        var run = await StartAsync(["audit", "verify", folder, .. arguments]);
        string[] words = ["WHOLE", "OPEN END", "DAMAGED"];
        return (run.ExitCode, words.FirstOrDefault(word => run.Output.StartsWith(word, StringComparison.Ordinal)) ?? "");
    }
}
