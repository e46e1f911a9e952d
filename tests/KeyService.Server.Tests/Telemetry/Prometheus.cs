using KeyService.Testing;

namespace KeyService.Server.Tests.Telemetry;

/// <summary>The real Prometheus and its tool, as the machine has them or as <c>infra/dev/install.sh test</c> puts them.</summary>
internal static class Prometheus
{
    public static readonly TimeSpan ToolLimit = TimeSpan.FromMinutes(2);

    public static string Tool => Find("promtool");

    public static string Server => Find("prometheus");

    private static string Find(string program)
    {
        var folders = Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator) ?? [];
        return folders.Append(Repository.PathOf("obj", "prometheus", "usr", "bin"))
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists) ?? throw new FileNotFoundException($"{program} was not found; infra/dev/install.sh test installs it.");
    }
}
