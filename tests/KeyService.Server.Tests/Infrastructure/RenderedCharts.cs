using System.Text.Json;
using System.Text.Json.Nodes;
using KeyService.Testing;

namespace KeyService.Server.Tests.Infrastructure;

/// <summary>What helm makes of the chart with several values, each held to the types of Kubernetes.</summary>
public sealed class RenderedCharts : IAsyncLifetime
{
    public const string Minimal = "minimal";
    public const string Audited = "audited";
    public const string Full = "full";
    public const string Cloud = "cloud";
    public const string Terraform = "terraform";
    private const string Example = "examples/hsm";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private static readonly string Peers = Repository.PathOf("tests", "peers", "kubernetes");
    private readonly TemporaryDirectory _folder = new();
    private JsonObject _manifests = [];

    /// <summary>Null where helm is not installed: no package of Debian has it, and the one of npm is for Linux.</summary>
    private static string? Helm { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Prepend(Path.Combine(Peers, "node_modules", ".bin"))
        .Select(static folder => Path.Combine(folder, "helm")).FirstOrDefault(File.Exists);

    public IEnumerable<string> Variants => _manifests.Select(static chart => chart.Key);

    private static string Chart => Repository.PathOf("infra", "helm", "keyservice");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static void SkipWithoutProgram() => Assert.SkipWhen(Helm is null, "helm is neither on the PATH nor among the peers in tests/peers/kubernetes.");

    public async ValueTask InitializeAsync()
    {
        if (Helm is null)
            return; // the tests are skipped
        var charts = new Dictionary<string, JsonObject>
        {
            [Minimal] = [],
            [Audited] = Values("""{ "audit": { "enabled": true, "storageClassName": "fast" }, "tls": { "clientCa": { "configMap": "roots" } }, "settings": { "KeyService": { "Audit": { "CheckpointKeySet": "default" } } } }"""),
            [Full] = Values("""
                { "replicas": 5, "minAvailable": 4, "shutdownTimeout": 60, "image": { "digest": "sha256:0000000000000000000000000000000000000000000000000000000000000000" }, "audit": { "enabled": true },
                  "autoscaling": { "enabled": true, "signingRate": { "enabled": true } }, "serviceMonitor": { "enabled": true, "labels": { "release": "prometheus" } },
                  "imagePullSecrets": [ { "name": "registry" } ], "tls": { "secretName": "certificate" }, "store": { "secretName": "database", "key": "url" } }
                """),
            [Cloud] = Values("""
                { "serviceAccount": { "annotations": { "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/keyservice", "azure.workload.identity/client-id": "1" } },
                  "pod": { "labels": { "azure.workload.identity/use": "true" }, "tolerations": [ { "key": "signing", "operator": "Exists" } ], "nodeSelector": { "pool": "signing" }, "priorityClassName": "high" },
                  "autoscaling": { "enabled": true } }
                """),
        };
        if (TerraformFolder.Program is not null)
            charts[Terraform] = await TerraformValuesAsync();

        foreach (var (name, values) in charts)
        {
            var run = await RunAsync(["template", "ks", Chart, "--kube-version=1.30.0", "--namespace=signing"], values);
            Assert.True(run.ExitCode == 0, run.Output);
            await File.WriteAllTextAsync(_folder[name], run.Output, Cancelled);
        }

        var check = await ProcessRun.RunAsync("node", [Path.Combine(Peers, "manifests.mjs"), .. charts.Keys.Select(name => _folder[name])], Limit, cancellationToken: Cancelled);
        Assert.True(check.ExitCode == 0, check.Output);
        _manifests = JsonNode.Parse(check.Output)!.AsObject(); // an object, by its form
    }

    /// <summary>The only manifest of a kind.</summary>
    public JsonNode Manifest(string variant, string kind) => Assert.Single(_manifests[variant]!.AsArray(), manifest => (string?)manifest!["kind"] == kind)!; // a variant has manifests

    public IEnumerable<string> Kinds(string variant) => _manifests[variant]!.AsArray().Select(static manifest => (string)manifest!["kind"]!); // likewise, and each has a kind

    /// <summary>The Deployment or the StatefulSet, whichever there is.</summary>
    public JsonNode Workload(string variant) => Manifest(variant, Kinds(variant).Contains("StatefulSet") ? "StatefulSet" : "Deployment");

    /// <summary>What helm says of the chart with these values over the least that it asks for.</summary>
    public Task<ProcessResult> LintAsync(string values) => RunAsync(["lint", Chart, "--strict"], Values(values));

    public Task<ProcessResult> TryAsync(string values) => RunAsync(["template", "ks", Chart, "--kube-version=1.30.0"], Values(values));

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private static JsonObject Values(string json) => JsonNode.Parse(json)!.AsObject(); // an object, by its form

    /// <summary>The outputs of the example with an HSM: settings and pod.</summary>
    private static async Task<JsonObject> TerraformValuesAsync()
    {
        using var terraform = TerraformFolder.Create();
        Assert.Null(await terraform.InitializeAsync(Example)); // it needs no provider
        await terraform.SucceedAsync(Example, ["apply", "-auto-approve"]);
        var outputs = JsonNode.Parse(await terraform.SucceedAsync(Example, ["output", "-json"]))!; // an object, by its form
        return new JsonObject
        {
            ["settings"] = outputs["settings"]!["value"]!.DeepClone(), // outputs of the example
            ["pod"] = outputs["pod"]!["value"]!.DeepClone(),
            ["store"] = new JsonObject { ["secretName"] = "" }, // it is among the pod's volumes
        };
    }

    /// <summary>The later files go over the earlier ones.</summary>
    private async Task<ProcessResult> RunAsync(string[] command, JsonObject values)
    {
        var least = _folder[$"{Guid.NewGuid():n}.json"];
        var given = _folder[$"{Guid.NewGuid():n}.json"];
        await File.WriteAllTextAsync(least, """
            { "policy": { "principals": [ { "name": "billing", "match": [ { "spiffe": "spiffe://example.org/billing" } ], "grants": [ { "keySets": [ "default" ], "permissions": [ "sign" ] } ] } ] },
              "settings": { "KeyService": { "Providers": { "hsm": { "Type": "Pkcs11" } }, "KeySets": { "default": { "Signers": [ { "Algorithm": "ES256", "Provider": "hsm" } ] } } } } }
            """, Cancelled);
        await File.WriteAllTextAsync(given, values.ToJsonString(), Cancelled);
        return await ProcessRun.RunAsync(Helm!, [.. command, $"--values={least}", $"--values={given}"], Limit, cancellationToken: Cancelled); // the tests are skipped without
    }
}
