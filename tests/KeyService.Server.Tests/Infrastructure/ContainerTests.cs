using System.Text.Json;
using Google.Protobuf;
using KeyService.Protos.V1;
using KeyService.Server.Tests.Client;
using KeyService.Server.Tests.SeveralHomes;
using KeyService.Testing;

namespace KeyService.Server.Tests.Infrastructure;

/// <summary>The real Dockerfile, run as a cluster runs it. SoftHSM is mounted as a vendor's module is: the image has none.</summary>
[Collection(nameof(MeasuredAlone))] // the build wants the whole machine
public sealed class ContainerTests(ContainerImage image) : IClassFixture<ContainerImage>, IAsyncLifetime
{
    private const string Name = "keyservice-test";
    private const string Ready = "http://127.0.0.1:8080/health/ready";
    private const int Calls = 4;
    private const int Items = 128; // RSA of 3072 bits, one after the other: the calls are under way when the signal comes
    private readonly SoftHsm _softHsm = SoftHsm.Create();

    private string Socket => Path.Combine(_softHsm.Folder, "ks.sock");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (image.WhyNot is null)
            await image.TryPodmanAsync("rm", "--force", "--time=0", "--volumes", Name);
        _softHsm.Dispose();
    }

    [Fact(Timeout = 600_000)]
    public async Task It_signs_without_rights_and_loses_no_call_when_it_is_told_to_stop()
    {
        Assert.SkipWhen(image.WhyNot is not null, image.WhyNot ?? "");
        await StartAsync((await _softHsm.AddTokenAsync("container", Cancelled)).Label);
        await Eventually.HoldsAsync(async () => await ExecAsync("/app/keyservice", "health", Ready) == 0, "the container is ready");
        Assert.Equal(0, await HealthAsync());
        await AssertShutInAsync();

        using var connections = UnixConnections.To(Socket);
        using var api = new GrpcApi(new Uri("http://localhost"), connections);
        Assert.Equal(64, (await api.SignAsync(new SignRequest { KeySet = "default", Message = ByteString.CopyFromUtf8("a") })).Signature.Length);
        var slow = new SignBatchRequest { KeySet = "slow", Items = { Enumerable.Repeat(new SignBatchItem { Message = ByteString.CopyFromUtf8("a") }, Items) } };
        var calls = Enumerable.Range(0, Calls).Select(_ => api.SignBatchAsync(slow)).ToArray();
        await api.GetJwksAsync("default"); // behind them on the same connection
        await image.PodmanAsync("kill", "--signal=TERM", Name);
        Assert.DoesNotContain(calls, static call => call.IsCompleted);
        foreach (var answer in await Task.WhenAll(calls).WaitAsync(Eventually.Patience, Cancelled))
            Assert.All(answer.Results, static result => Assert.Equal(384, result.Signed?.Signature.Length));
        Assert.Equal("0", (await image.PodmanAsync("wait", Name)).Trim());
    }

    [Fact(Timeout = 600_000)]
    public async Task Its_health_check_tells_what_does_not_live_from_what_is_not_ready()
    {
        Assert.SkipWhen(image.WhyNot is not null, image.WhyNot ?? "");
        await _softHsm.AddTokenAsync("container", Cancelled);
        await StartAsync("another");
        await Eventually.HoldsAsync(async () => await HealthAsync() == 0, "the container lives");
        Assert.Equal(1, await ExecAsync("/app/keyservice", "health", Ready));

        await image.PodmanAsync("kill", "--signal=STOP", Name); // the server hangs
        Assert.Equal(1, await HealthAsync());
    }

    [Fact(Timeout = 600_000)]
    public async Task The_image_says_how_it_wants_to_be_run()
    {
        Assert.SkipWhen(image.WhyNot is not null, image.WhyNot ?? "");
        Assert.Equal("65532:65532", await image.InspectAsync("{{.Config.User}}"));
        Assert.Equal("[/app/keyservice]", await image.InspectAsync("{{.Config.Entrypoint}}"));
        Assert.Equal("[CMD /app/keyservice health]", await image.InspectAsync("{{.HealthCheck.Test}}"));
        Assert.Equal("SIGTERM", await image.InspectAsync("{{.Config.StopSignal}}"));
    }

    /// <summary>No other user, no capability, no way to gain one, no writable root, no shell.</summary>
    private async Task AssertShutInAsync()
    {
        var process = $"/proc/{await image.InspectAsync("{{.State.Pid}}", Name)}";
        var status = (await File.ReadAllLinesAsync($"{process}/status", Cancelled)).Select(static line => line.Split('\t', 2)).ToDictionary(static line => line[0], static line => line[1]);
        Assert.Equal(("65532\t65532\t65532\t65532", "0000000000000000", "0000000000000000", "1"), (status["Uid:"], status["CapEff:"], status["CapBnd:"], status["NoNewPrivs:"]));
        var write = await ProcessRun.RunAsync("touch", [$"{process}/root/app/written"], Eventually.Patience, cancellationToken: Cancelled); // even as this machine's root
        Assert.Contains("Read-only file system", write.Output, StringComparison.Ordinal);
        Assert.Equal(127, await ExecAsync("/bin/sh", "-c", "true"));
    }

    private async Task StartAsync(string tokenLabel)
    {
        var settings = _softHsm.WriteSecret("keyservice.json", JsonSerializer.Serialize(new
        {
            KeyService = new
            {
                Listen = new { UnixSocket = Socket },
                Storage = new { Path = "/var/lib/keyservice/keyservice.db" },
                Providers = new { hsm = new { Type = "Pkcs11", Module = "/module/libsofthsm2.so", TokenLabel = tokenLabel, PinFile = Path.Combine(_softHsm.Folder, "container.pin"), MaxSessions = 1 } },
                KeySets = new
                {
                    @default = new { Signers = new[] { new { Algorithm = "ES256", Provider = "hsm" } } },
                    slow = new { Signers = new[] { new { Algorithm = "RS512", Provider = "hsm", ModulusBits = 3072 } } },
                },
            },
        }));
        var module = await CopyModuleAsync();
        var owned = await ProcessRun.RunAsync("chown", ["-R", "65532:65532", _softHsm.Folder], Eventually.Patience, cancellationToken: Cancelled);
        Assert.True(owned.ExitCode == 0, owned.Output);
        await image.RunAsync(Name,
        [
            $"--env=SOFTHSM2_CONF={_softHsm.ConfigurationFile}", "--env=LD_LIBRARY_PATH=/module", $"--env=KEYSERVICE_CONFIG={settings}",
            $"--volume={_softHsm.Folder}:{_softHsm.Folder}", $"--volume={module}:/module:ro", "--volume=/var/lib/keyservice", // a volume takes its owner from the image
        ]);
    }

    /// <summary>With the one library that it needs and the image has not.</summary>
    private async Task<string> CopyModuleAsync()
    {
        var module = Directory.CreateDirectory(Path.Combine(_softHsm.Folder, "module")).FullName;
        var libraries = await ProcessRun.RunAsync("ldd", [_softHsm.Module], Eventually.Patience, cancellationToken: Cancelled);
        var sqlite = libraries.Lines.Where(static line => line.StartsWith("libsqlite3", StringComparison.Ordinal)).Select(static line => line.Split(' ')[2]);
        foreach (var file in sqlite.Append(_softHsm.Module))
            File.Copy(file, Path.Combine(module, Path.GetFileName(file)));
        return module;
    }

    /// <summary>What the image's HEALTHCHECK says.</summary>
    private async Task<int?> HealthAsync() => (await image.TryPodmanAsync("healthcheck", "run", Name)).ExitCode;

    private async Task<int?> ExecAsync(params string[] command) => (await image.TryPodmanAsync(["exec", Name, .. command])).ExitCode;
}
