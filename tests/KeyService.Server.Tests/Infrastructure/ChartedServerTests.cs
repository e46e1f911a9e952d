using System.Security.Cryptography.X509Certificates;
using KeyService.Server.Tests.Access;
using KeyService.Server.Tests.Rotation;
using KeyService.Server.Tests.Telemetry;
using KeyService.Testing;
using KeyService.Testing.Postgres;

namespace KeyService.Server.Tests.Infrastructure;

/// <summary>The real server on what the chart mounts for it: settings and policy are read as strictly as on a cluster.</summary>
[Collection(nameof(OneRendering))]
public sealed class ChartedServerTests(RenderedCharts charts, SoftHsmTokens tokens) : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_server_starts_on_the_charts_files_and_exports_what_the_autoscaler_asks_for()
    {
        RenderedCharts.SkipWithoutProgram();
        await using var postgres = await PostgresServer.StartAsync(Cancelled);
        WriteSecrets(await postgres.CreatePlaceAsync(Cancelled));
        var settings = Local(ChartFiles.Text(charts, RenderedCharts.Audited, "keyservice.json"));
        Secrets.Write(_folder["keyservice.json"], settings);
        Secrets.Write(_folder["policy.json"], ChartFiles.Text(charts, RenderedCharts.Audited, "policy.json"));

        using var server = ServerProcess.PrepareOn(_folder["keyservice.json"]);
        foreach (var (name, value) in tokens.SoftHsm.Environment)
            server.Variables[name] = value;
        server.Variables["KeyService__Providers__hsm__Module"] = tokens.SoftHsm.Module;
        server.Variables["KeyService__Providers__hsm__TokenLabel"] = tokens.Token.Label;
        server.Variables["KeyService__Providers__hsm__PinFile"] = tokens.Token.PinFile;
        server.Variables["KeyService__Listen__Https"] = "https://127.0.0.1:0"; // the chart's are a pod's own
        server.Variables["KeyService__Listen__Metrics"] = "http://127.0.0.1:0";
        await server.StartAsync(Cancelled);

        var autoscaled = (string)charts.Manifest(RenderedCharts.Full, "HorizontalPodAutoscaler")["spec"]!["metrics"]![1]!["pods"]!["metric"]!["name"]!; // asked for there
        Assert.Contains(autoscaled.Replace("_per_second", "_total", StringComparison.Ordinal), (await Scrape.OfAsync(server.Http)).Names);
        Assert.NotEmpty(Directory.GetFiles(_folder["log"], "audit-*.jsonl"));
    }

    private void WriteSecrets(string connection)
    {
        using var authority = new TestAuthority("chart");
        using var certificate = authority.Issue("CN=server", names: ["localhost"], use: TestAuthority.ServerUse);
        Secrets.Write(_folder["tls.crt"], certificate.ExportCertificatePem());
        Secrets.Write(_folder["tls.key"], certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()); // it was made with one
        Secrets.Write(_folder["ca.pem"], authority.RootPem);
        Secrets.Write(_folder["connection-string"], connection);
    }

    /// <summary>All folders that the pod mounts are one here.</summary>
    private string Local(string settings) => charts.Workload(RenderedCharts.Audited)["spec"]!["template"]!["spec"]!["containers"]![0]!["volumeMounts"]!.AsArray() // the types of Kubernetes ask for them
        .Select(static mount => (string)mount!["mountPath"]!)
        .Aggregate(settings, (text, folder) => text.Replace($"\"{folder}/", $"\"{_folder.Path}/", StringComparison.Ordinal));
}
