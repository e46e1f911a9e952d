using KeyService.Testing;

namespace KeyService.Server.Tests.Infrastructure;

/// <summary>
/// The image of infra/container/Dockerfile, built by podman on bases made of this machine's own files, in a storage that is gone with
/// the fixture. As root only, and where the machine runs containers at all.
/// </summary>
public sealed class ContainerImage : IAsyncLifetime
{
    private const string Sdk = "localhost/keyservice-sdk";
    private const string Image = "localhost/keyservice";
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(9);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private readonly TemporaryDirectory _scratch = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private Dictionary<string, string> Variables => new() { ["CONTAINERS_STORAGE_CONF"] = _scratch["storage.conf"] };

    // What an orchestrator does: read-only, no capabilities, bounded memory. No network: nothing of this machine is in its way.
    private static string[] Confinement { get; } =
    [
        "--pull=never", "--runtime=runc", "--network=none",
        "--ulimit=nofile=1024:1024", "--ulimit=nproc=4096:4096", // what a container may raise by itself only with CAP_SYS_RESOURCE
        "--read-only", "--read-only-tmpfs=false", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--memory=256m",
    ];

    /// <summary>Null where there is an image.</summary>
    public string? WhyNot { get; private set; }

    public async ValueTask InitializeAsync()
    {
        WhyNot = Environment.IsPrivilegedProcess ? null : "Only root may give files to the container's user.";
        if (WhyNot is not null)
            return;
        // vfs: overlays cannot be mounted everywhere.
        await File.WriteAllTextAsync(_scratch["storage.conf"], $"[storage]\ndriver = \"vfs\"\nrunroot = \"{_scratch["run"]}\"\ngraphroot = \"{_scratch["graph"]}\"\n", Cancelled);
        var sdk = await SdkAsync();
        await SucceedAsync(Repository.PathOf("infra", "container", "local-bases.sh"), [sdk], BuildLimit);
        var trial = await TryPodmanAsync(["run", "--rm", .. Confinement, Sdk, "/bin/sh", "-c", ":"]);
        WhyNot = trial.ExitCode == 0 ? null : $"This machine runs no containers: {trial.Output}";
        if (WhyNot is not null)
            return;
        var nuget = Directory.CreateDirectory(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget")).FullName;
        await SucceedAsync(
            "podman",
            [
                "build", "--isolation=chroot", "--network=host", "--layers=false", "--format=docker", "--target=service", $"--tag={Image}",
                $"--build-arg=SDK_IMAGE={Sdk}", "--build-arg=RUNTIME_IMAGE=localhost/keyservice-runtime", $"--volume={sdk}:/usr/share/dotnet:ro",
                $"--volume={nuget}:/root/.nuget", "--volume=/etc/ssl/certs:/etc/ssl/certs:ro", // this machine's feeds, packages and roots
                $"--file={Repository.PathOf("infra", "container", "Dockerfile")}", Repository.Root,
            ],
            BuildLimit);
    }

    /// <summary>Podman's answer to <c>inspect</c>, by a Go template.</summary>
    public async Task<string> InspectAsync(string template, string name = Image) => (await PodmanAsync("inspect", "--format", template, name)).Trim();

    /// <summary>Starts a container as a cluster would.</summary>
    public Task RunAsync(string name, IEnumerable<string> options) => PodmanAsync(["run", "--detach", $"--name={name}", .. Confinement, .. options, Image]);

    public Task<string> PodmanAsync(params string[] arguments) => SucceedAsync("podman", arguments, Limit);

    public Task<ProcessResult> TryPodmanAsync(params string[] arguments) =>
        ProcessRun.RunAsync("podman", arguments, Limit, environment: Variables, cancellationToken: Cancelled);

    public async ValueTask DisposeAsync()
    {
        if (Environment.IsPrivilegedProcess)
            await ProcessRun.RunAsync("podman", ["rm", "--all", "--force", "--time=0"], Limit, environment: Variables, cancellationToken: CancellationToken.None);
        _scratch.Dispose();
    }

    /// <summary>The folder of the SDK that builds this.</summary>
    private async Task<string> SdkAsync()
    {
        var sdks = await SucceedAsync("dotnet", ["--list-sdks"], Limit); // such as "10.0.401 [/usr/share/dotnet/sdk]"
        return Path.GetDirectoryName(sdks[(sdks.LastIndexOf('[') + 1)..sdks.LastIndexOf(']')])!; // a folder below the root
    }

    private async Task<string> SucceedAsync(string program, string[] arguments, TimeSpan limit)
    {
        var run = await ProcessRun.RunAsync(program, arguments, limit, environment: Variables, cancellationToken: Cancelled);
        return run.ExitCode == 0 ? run.Output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {run.ExitCode}.\n{run.Output}");
    }
}
