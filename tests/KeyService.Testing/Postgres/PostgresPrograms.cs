using System.Globalization;

namespace KeyService.Testing.Postgres;

/// <summary>PostgreSQL's own programs, on PATH or where Debian and its kin keep them, run as a user that it accepts.</summary>
internal static class PostgresPrograms
{
    private const string DebianFolder = "/usr/lib/postgresql";

    /// <summary>PostgreSQL refuses to run as root.</summary>
    private const string Unprivileged = "nobody";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    /// <exception cref="InvalidOperationException">The program failed; with what it said.</exception>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken, string? password = null)
    {
        var environment = new Dictionary<string, string> { ["LC_ALL"] = "C" };
        if (password is not null)
            environment["PGPASSWORD"] = password;
        string[] command = Environment.IsPrivilegedProcess ? ["runuser", "-u", Unprivileged, "--", PathOf(program), .. arguments] : [PathOf(program), .. arguments];
        var result = await ProcessRun.RunAsync(command[0], command[1..], Limit, workingDirectory: "/", environment: environment, cancellationToken: cancellationToken);
        return result.ExitCode == 0 ? result.Output : throw new InvalidOperationException($"{program} failed: {result.Output}");
    }

    /// <summary>Gives a folder, with what is in it, to the user that the programs run as.</summary>
    public static async Task HandOverAsync(string folder, CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess)
            return;
        var result = await ProcessRun.RunAsync("chown", ["-R", Unprivileged, folder], Limit, cancellationToken: cancellationToken);
        if (result.ExitCode != 0)
            throw new InvalidOperationException($"chown failed: {result.Output}");
    }

    private static string PathOf(string program)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return path.Concat(DebianFolders()).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException($"There is no {program} of PostgreSQL. Run infra/dev/install.sh test.");
    }

    /// <summary>One for each installed version, the newest first.</summary>
    private static IEnumerable<string> DebianFolders() => !Directory.Exists(DebianFolder)
        ? []
        : Directory.EnumerateDirectories(DebianFolder)
            .OrderByDescending(static folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0)
            .Select(static folder => Path.Combine(folder, "bin"));
}
