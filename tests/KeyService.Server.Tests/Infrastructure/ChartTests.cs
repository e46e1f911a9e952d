using System.Text.Json.Nodes;

namespace KeyService.Server.Tests.Infrastructure;

/// <summary>The Helm chart, as helm renders it. That each manifest fits Kubernetes is <see cref="RenderedCharts"/>' condition.</summary>
[Collection(nameof(OneRendering))]
public sealed class ChartTests(RenderedCharts charts)
{
    private const string Nothing = "{}";
    private const string AuditLog = "/var/lib/keyservice/audit";
    private static readonly string[] Probes = ["startupProbe", "livenessProbe", "readinessProbe"];

    [Theory]
    [InlineData(Nothing)]
    [InlineData("""{ "audit": { "enabled": true }, "autoscaling": { "enabled": true }, "serviceMonitor": { "enabled": true } }""")]
    public async Task Helm_finds_nothing_to_complain_of(string values)
    {
        RenderedCharts.SkipWithoutProgram();
        var lint = await charts.LintAsync(values);
        Assert.True(lint.ExitCode == 0, lint.Output);
    }

    [Fact]
    public void Whatever_is_asked_for_the_pod_has_no_rights()
    {
        RenderedCharts.SkipWithoutProgram();
        Assert.NotEmpty(charts.Variants);
        foreach (var variant in charts.Variants)
        {
            var pod = Pod(variant);
            AssertHas(pod, """{ "automountServiceAccountToken": false, "enableServiceLinks": false }""");
            AssertHas(pod["securityContext"]!, """{ "runAsNonRoot": true, "runAsUser": 65532, "runAsGroup": 65532, "seccompProfile": { "type": "RuntimeDefault" } }""");
            foreach (var container in Containers(pod))
                AssertHas(container["securityContext"]!, """{ "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": { "drop": [ "ALL" ] } }""");
            Assert.NotNull(Service(variant)["resources"]!["limits"]!["memory"]);
            Assert.Equal(["Ingress", "Egress"], charts.Manifest(variant, "NetworkPolicy")["spec"]!["policyTypes"]!.AsArray().Select(static type => (string)type!));
        }
    }

    [Fact]
    public void Secrets_are_for_the_group_of_the_pod_and_what_the_settings_name_is_mounted()
    {
        RenderedCharts.SkipWithoutProgram();
        foreach (var variant in charts.Variants)
        {
            var pod = Pod(variant);
            Assert.Equal(65532, (int)pod["securityContext"]!["fsGroup"]!);
            foreach (var secret in pod["volumes"]!.AsArray().Select(static volume => volume!["projected"] ?? volume["secret"]).OfType<JsonNode>())
                Assert.Equal(Convert.ToInt32("0440", 8), (int)secret["defaultMode"]!);

            var mounts = Service(variant)["volumeMounts"]!.AsArray().Select(static mount => (string)mount!["mountPath"]! + "/").ToArray();
            Assert.Equal(mounts.Distinct(), mounts);
            Assert.All(Paths(ChartFiles.Settings(charts, variant)), path => Assert.Contains(mounts, mount => path.StartsWith(mount, StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void Life_and_readiness_are_asked_apart_and_calls_in_flight_have_their_time()
    {
        RenderedCharts.SkipWithoutProgram();
        foreach (var (variant, grace, timeout) in new[] { (RenderedCharts.Minimal, 45, "30s"), (RenderedCharts.Full, 75, "60s") })
        {
            var service = Service(variant);
            Assert.Equal(["/health/live", "/health/live", "/health/ready"], Probes.Select(probe => (string)service[probe]!["httpGet"]!["path"]!));
            Assert.Equal(5, (int)service["lifecycle"]!["preStop"]!["sleep"]!["seconds"]!);
            Assert.Equal(grace, (int)Pod(variant)["terminationGracePeriodSeconds"]!);
            Assert.Equal(timeout, (string)ChartFiles.Settings(charts, variant)["KeyService"]!["ShutdownTimeout"]!);
        }
    }

    [Fact]
    public void Three_replicas_are_kept_apart_and_two_of_them_up()
    {
        RenderedCharts.SkipWithoutProgram();
        AssertHas(charts.Workload(RenderedCharts.Minimal), """{ "kind": "Deployment", "spec": { "replicas": 3, "strategy": { "rollingUpdate": { "maxUnavailable": 0 } } } }""");
        AssertHas(charts.Manifest(RenderedCharts.Minimal, "PodDisruptionBudget"), """{ "spec": { "minAvailable": 2 } }""");
        Assert.Equal(
            ["kubernetes.io/hostname DoNotSchedule", "topology.kubernetes.io/zone ScheduleAnyway"],
            Pod(RenderedCharts.Minimal)["topologySpreadConstraints"]!.AsArray().Select(static rule => $"{rule!["topologyKey"]} {rule["whenUnsatisfiable"]}").Order(StringComparer.Ordinal));
        Assert.DoesNotContain("HorizontalPodAutoscaler", charts.Kinds(RenderedCharts.Minimal));
        Assert.DoesNotContain("ServiceMonitor", charts.Kinds(RenderedCharts.Minimal));
    }

    [Fact]
    public void The_audit_log_lies_in_a_volume_of_each_replicas_own_that_outlives_it()
    {
        RenderedCharts.SkipWithoutProgram();
        var workload = charts.Workload(RenderedCharts.Audited);
        AssertHas(workload, """{ "kind": "StatefulSet", "spec": { "serviceName": "ks", "persistentVolumeClaimRetentionPolicy": { "whenDeleted": "Retain", "whenScaled": "Retain" } } }""");
        var claim = Assert.Single(workload["spec"]!["volumeClaimTemplates"]!.AsArray())!;
        AssertHas(claim, """{ "metadata": { "name": "audit" }, "spec": { "storageClassName": "fast", "resources": { "requests": { "storage": "20Gi" } } } }""");
        AssertHas(Assert.Single(Service(RenderedCharts.Audited)["volumeMounts"]!.AsArray(), static mount => (string?)mount!["name"] == "audit")!, $$"""{ "mountPath": "{{AuditLog}}" }""");
        AssertHas(ChartFiles.Settings(charts, RenderedCharts.Audited)["KeyService"]!["Audit"]!, $$"""{ "Path": "{{AuditLog}}/log", "CheckpointKeySet": "default" }""");
        Assert.Null(ChartFiles.Settings(charts, RenderedCharts.Minimal)["KeyService"]!["Audit"]);
    }

    [Theory]
    [InlineData(RenderedCharts.Full, "StatefulSet", 5, 2)]
    [InlineData(RenderedCharts.Cloud, "Deployment", 3, 1)]
    public void The_autoscaler_scales_what_there_is(string variant, string kind, int least, int metrics)
    {
        RenderedCharts.SkipWithoutProgram();
        var autoscaler = charts.Manifest(variant, "HorizontalPodAutoscaler")["spec"]!;
        AssertHas(autoscaler, $$"""{ "scaleTargetRef": { "kind": "{{kind}}", "name": "ks" }, "minReplicas": {{least}} }""");
        Assert.Equal(metrics, autoscaler["metrics"]!.AsArray().Count);
        Assert.Null(charts.Workload(variant)["spec"]!["replicas"]); // the autoscaler's
    }

    [Fact]
    public void What_is_asked_for_comes_with_it()
    {
        RenderedCharts.SkipWithoutProgram();
        AssertHas(charts.Manifest(RenderedCharts.Full, "ServiceMonitor"), """{ "metadata": { "labels": { "release": "prometheus" } } }""");
        Assert.StartsWith("keyservice@sha256:", (string)Service(RenderedCharts.Full)["image"]!, StringComparison.Ordinal);
        Assert.Equal("certificate", (string)ChartFiles.Secret(Pod(RenderedCharts.Full), "tls")["name"]!);
        Assert.Equal(("database", "url"), ((string)ChartFiles.Secret(Pod(RenderedCharts.Full), "store")["name"]!, (string)ChartFiles.Secret(Pod(RenderedCharts.Full), "store")["items"]![0]!["key"]!));
        AssertHas(charts.Manifest(RenderedCharts.Cloud, "ServiceAccount"), """{ "metadata": { "annotations": { "azure.workload.identity/client-id": "1" } } }""");
        AssertHas(charts.Workload(RenderedCharts.Cloud)["spec"]!["template"]!, """{ "metadata": { "labels": { "azure.workload.identity/use": "true" } }, "spec": { "nodeSelector": { "pool": "signing" } } }""");
    }

    [Theory]
    [InlineData("""{ "replica": 3 }""", "replica")]
    [InlineData("""{ "settings": { "KeyService": { "Audit": { "FailClosed": true } } } }""", "audit.enabled")]
    [InlineData("""{ "audit": { "enabled": true }, "settings": { "KeyService": { "Audit": { "Path": "/tmp" } } } }""", "Audit.Path")]
    [InlineData("""{ "settings": { "KeyService": { "Listen": { "Http": "http://127.0.0.1:1" } } } }""", "Listen")]
    [InlineData("""{ "settings": { "KeyService": { "Storage": { "Type": "Sqlite" } } } }""", "Storage.Type")]
    [InlineData("""{ "pod": { "securityContext": { "fsGroup": 65532, "runAsUser": 0 } } }""", "runAsUser")]
    public async Task What_the_chart_cannot_do_is_refused_by_name(string values, string name)
    {
        RenderedCharts.SkipWithoutProgram();
        var run = await charts.TryAsync(values);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(name, run.Output, StringComparison.Ordinal);
    }

    private JsonNode Pod(string variant) => charts.Workload(variant)["spec"]!["template"]!["spec"]!; // the types of Kubernetes ask for them

    private JsonNode Service(string variant) => Assert.Single(Pod(variant)["containers"]!.AsArray())!; // likewise

    private static IEnumerable<JsonNode> Containers(JsonNode pod) =>
        pod["containers"]!.AsArray().Concat(pod["initContainers"]?.AsArray() ?? []).OfType<JsonNode>(); // likewise

    /// <summary>Every member that is expected is there, whatever there is besides.</summary>
    private static void AssertHas(JsonNode actual, string expected) => AssertHas(actual, JsonNode.Parse(expected), "");

    private static void AssertHas(JsonNode? actual, JsonNode? expected, string path)
    {
        if (expected is JsonObject members)
        {
            foreach (var (name, value) in members)
                AssertHas((actual as JsonObject)?[name], value, $"{path}/{name}");
        }
        else
        {
            Assert.True(JsonNode.DeepEquals(actual, expected), $"{path} is {actual?.ToJsonString()}, not {expected?.ToJsonString()}");
        }
    }

    private static IEnumerable<string> Paths(JsonNode? settings) => settings switch
    {
        JsonObject members => members.SelectMany(static member => Paths(member.Value)),
        JsonValue value when value.TryGetValue<string>(out var text) && text.StartsWith('/') => [text],
        _ => [],
    };
}
