using System.Text.Json;

namespace KeyService.Testing;

/// <summary>
/// The real terraform on a copy of infra/terraform, so that no state or provider of a run stays in the tree. Providers come
/// from where terraform's own configuration says, else from a mirror on this machine, else from the registry.
/// </summary>
public sealed class TerraformFolder : IDisposable
{
    /// <summary>Names a mirror of providers as <c>terraform providers mirror</c> makes it.</summary>
    public const string MirrorVariable = "KEYSERVICE_TERRAFORM_MIRROR";

    private const string ConfigurationVariable = "TF_CLI_CONFIG_FILE";
    private const string Registry = "registry.terraform.io";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private static readonly Lazy<string?> FoundMirror = new(FindMirror);
    private readonly TemporaryDirectory _copy = new();
    private readonly Dictionary<string, string> _environment = new() { ["CHECKPOINT_DISABLE"] = "1", ["TF_IN_AUTOMATION"] = "1", ["TF_INPUT"] = "0" };

    private TerraformFolder() => CopyFolder(new DirectoryInfo(Source), _copy.Path);

    /// <summary>Null where terraform is not installed: no package of Debian, npm or NuGet has it.</summary>
    public static string? Program { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(static folder => Path.Combine(folder, "terraform")).FirstOrDefault(File.Exists);

    public static string Source => Repository.PathOf("infra", "terraform");

    /// <summary>Whether a mirror was found, so that they must be there. Otherwise they come from where this machine may not reach.</summary>
    public bool HasMirror { get; private set; }

    public static TerraformFolder Create()
    {
        var folder = new TerraformFolder();
        folder.UseProviders();
        return folder;
    }

    /// <summary>Runs terraform in bounded time.</summary>
    /// <param name="folder">Below infra/terraform, such as <c>examples/aws</c>.</param>
    public Task<ProcessResult> RunAsync(
        string folder, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment, CancellationToken cancellationToken) => ProcessRun.RunAsync(
            Program ?? throw new InvalidOperationException("There is no terraform."), [.. arguments, "-no-color"], Limit, _copy[folder],
            new Dictionary<string, string>(_environment.Concat(environment ?? new Dictionary<string, string>())), cancellationToken);

    public void Dispose() => _copy.Dispose();

    private void UseProviders()
    {
        if (File.Exists(Environment.GetEnvironmentVariable(ConfigurationVariable)))
            return;

        var mirror = Environment.GetEnvironmentVariable(MirrorVariable) is { Length: > 0 } named ? named : FoundMirror.Value;
        HasMirror = mirror is not null;
        // Without a mirror an empty file, since the variable may name one that is not there, of which terraform warns among its output.
        File.WriteAllText(_environment[ConfigurationVariable] = _copy["terraform.rc"], mirror is null ? "" : $$"""
            provider_installation {
              filesystem_mirror {
                path = {{JsonSerializer.Serialize(mirror)}}
              }
            }
            """);
    }

    /// <summary>The folder above one that is named after the registry and has AWS, a few levels below the root.</summary>
    private static string? FindMirror()
    {
        string[] without = ["/proc", "/sys", "/dev", "/run", "/tmp"];
        var search = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 3, IgnoreInaccessible = true };
        return Directory.EnumerateDirectories("/").Except(without)
            .SelectMany(folder => Directory.EnumerateDirectories(folder, Registry, search))
            .FirstOrDefault(static registry => Directory.Exists(Path.Combine(registry, "hashicorp", "aws"))) is { } found
            ? Path.GetDirectoryName(found)
            : null;
    }

    private static void CopyFolder(DirectoryInfo from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var entry in from.EnumerateFileSystemInfos().Where(static entry => !entry.Name.StartsWith(".terraform", StringComparison.Ordinal) && !entry.Name.Contains(".tfstate", StringComparison.Ordinal)))
        {
            if (entry is DirectoryInfo folder)
                CopyFolder(folder, Path.Combine(to, folder.Name));
            else
                File.Copy(entry.FullName, Path.Combine(to, entry.Name));
        }
    }
}
