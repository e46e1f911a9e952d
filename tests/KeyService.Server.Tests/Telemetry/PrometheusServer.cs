using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using KeyService.Testing;

namespace KeyService.Server.Tests.Telemetry;

/// <summary>The real Prometheus on a free port of loopback, which reads one target twice a second.</summary>
internal sealed class PrometheusServer : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly Process _process;
    private readonly HttpClient _api;

    /// <param name="rules">A file with rules for it to evaluate.</param>
    public PrometheusServer(Uri target, string rules)
    {
        var port = FreePorts.One().ToString(CultureInfo.InvariantCulture);
        File.WriteAllText(_folder["prometheus.yaml"], $$"""
            global: { scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms }
            rule_files: [ "{{rules}}" ]
            scrape_configs: [ { job_name: keyservice, static_configs: [ { targets: [ "{{target.Authority}}" ] } ] } ]
            """);
        _process = Process.Start(new ProcessStartInfo(Prometheus.Server,
        [
            "--config.file", _folder["prometheus.yaml"], "--storage.tsdb.path", _folder["data"], $"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
        ]))!; // it was started, not found running
        _api = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
    }

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    /// <summary>How many series an expression has now. 0 while Prometheus is starting.</summary>
    public async Task<int> CountAsync(string expression)
    {
        Assert.False(_process.HasExited, "Prometheus has ended");
        try
        {
            var answer = await GetAsync($"/api/v1/query?query={Uri.EscapeDataString(expression)}");
            Assert.True(answer.GetProperty("status").GetString() == "success", $"{expression}: {answer}");
            return answer.GetProperty("data").GetProperty("result").GetArrayLength();
        }
        catch (HttpRequestException)
        {
            return 0; // it does not listen yet, or is not ready
        }
    }

    /// <summary>Name, expression and health of each rule.</summary>
    public async Task<IReadOnlyList<(string Name, string Expression, string Health)>> RulesAsync() =>
    [
        .. (await GetAsync("/api/v1/rules")).GetProperty("data").GetProperty("groups").EnumerateArray().SelectMany(group => group.GetProperty("rules").EnumerateArray())
            .Select(rule => (rule.GetProperty("name").GetString()!, rule.GetProperty("query").GetString()!, rule.GetProperty("health").GetString()!)),
    ];

    public void Dispose()
    {
        _api.Dispose();
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _folder.Dispose();
    }

    private async Task<JsonElement> GetAsync(string path)
    {
        using var answer = await _api.GetAsync(new Uri(path, UriKind.Relative), TestEnd);
        if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
            answer.EnsureSuccessStatusCode(); // it reads what it has stored
        return JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(TestEnd)).RootElement;
    }
}
